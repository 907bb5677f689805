"""The transform of a table's Firehose stream: what it is given becomes finished rows of that table.

Our own functions put finished rows there, which pass as they are. What an owner's application puts is events: they go
through the transform step here, and nobody is left to be told, so what is refused goes to the stream of `quarantine`,
and what belongs to another table to that table's stream.

Firehose asks again when it got no answer. All that is written of a record then is the same to the byte: the arrival
time is Firehose's, and a row of quarantine names its record and its place there in ``refusal_key``. So the same row
twice is one row; of events silver sees to that anyway.

The answer may have 6 MB, and a packed or compressed record can become more than it was. Rows that have no room in the
answer are put back into the stream, finished and packed, and come again as rows that pass. That ends, since a finished
row does not grow; and it needs a stream that takes records directly, which all of ours are.
"""

import base64
import logging
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.instants import from_us
from ingest.contracts.registry import EVENTS
from ingest.delivery.outcome import Outcome
from ingest.delivery.unavailable import Unavailable
from ingest.doors import records
from ingest.doors.lambdas import variables, wiring

DOOR = "firehose"

ANSWER_MAX_BYTES = 6_000_000
"""Lambda returns a little more to whoever waits for it."""

_FRAME_BYTES = 64
"""A record takes less in the answer besides its id and data."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Taken:
    """What became of one record."""

    record_id: str
    hour: str
    """When the record came."""
    own: list[bytes] = field(default_factory=list)
    """Finished rows of the stream's own table."""
    others: dict[str, list[bytes]] = field(default_factory=dict)
    """Finished rows of other tables; quarantine is one of them."""
    arrivals: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The own rows by the hour and the door of their arrival."""
    outcome: Outcome = field(default_factory=Outcome)
    has_failed: bool = False
    """For a reason of ours: Firehose keeps the record as it came, and nothing of it is booked."""

    @property
    def own_bytes(self) -> int:
        """What the own rows take in the answer, as base64 of lines."""
        return (sum(len(row) + 1 for row in self.own) + 2) // 3 * 4


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Transform one batch.

    Raises:
        ValueError: the stream is not one of ours; Firehose keeps the records where it keeps what failed.
    """
    table = own_table(event["deliveryStreamArn"])
    taken = [take(record, table) for record in event["records"]]
    for other in sorted({name for one in taken for name in one.others}):
        _put(other, [(one, one.others[other]) for one in taken if other in one.others])
    in_answer = _fitting(taken)
    _put(table, [(one, one.own) for one in taken if one.own and not one.has_failed and one.record_id not in in_answer])
    _book(table, (one for one in taken if not one.has_failed), in_answer)
    return {"records": [_told(one, one.record_id in in_answer) for one in taken]}


def own_table(stream_arn: str) -> str:
    """The table whose stream this is, by its name.

    Raises:
        ValueError: no table has such a stream.
    """
    name, prefix = stream_arn.rpartition("/")[2], os.environ[variables.PREFIX_VARIABLE]
    table = name.removeprefix(prefix)
    if table not in EVENTS and table != QUARANTINE_TABLE:
        raise ValueError(f"The stream {name} is no table's; call it {prefix}<table>.")
    return table


def take(record: dict[str, Any], table: str) -> Taken:
    """Read one record; nothing is sent yet."""
    arrived_us = int(record["approximateArrivalTimestamp"]) * 1000
    taken = Taken(record["recordId"], layout.received_hour(arrived_us))
    data = base64.b64decode(record["data"])
    if rows := _finished(data):
        taken.own = data.splitlines()
        taken.arrivals.update((layout.received_hour(row["received_at_us"]), row["door"]) for row in rows)
        return taken
    name = f"{DOOR}-{record['recordId']}"
    taken.outcome = wiring.transform()(records.decode(data), from_us(arrived_us), record=name)
    added = orjson.dumps({"received_at_us": arrived_us, "door": DOOR})[1:]
    for table_of, rows_of in taken.outcome.rows.items():
        finished = [row[:-1] + b"," + added for row in rows_of]
        if table_of == table:
            taken.own += finished
            taken.arrivals[taken.hour, DOOR] += len(finished)
        else:
            taken.others[table_of] = finished
    return taken


def _finished(data: bytes) -> list[dict[str, Any]]:
    """The rows of a record, if our own functions have filled it: they never put rows and events into one."""
    try:
        documents = [orjson.loads(line) for line in data.splitlines()]
    except orjson.JSONDecodeError:
        return []
    return documents if all(map(_is_row, documents)) else []


def _is_row(document: Any) -> bool:
    # An event names its type. A row does not, since its table says it; only a row of quarantine does.
    if not isinstance(document, dict) or "received_at_us" not in document:
        return False
    return "event_type" not in document or document.keys() >= {"stage", "code", "payload"}


def _put(table: str, parts: Sequence[tuple[Taken, list[bytes]]]) -> None:
    """Put rows into a table's stream; the records whose rows it does not take have failed."""
    try:
        wiring.sink().put(table, (row for one, rows in parts if not one.has_failed for row in rows))
    except Unavailable as error:
        _log.error("%s records are left to Firehose as they came: %s", len(parts), error)
        for one, _ in parts:
            one.has_failed = True


def _fitting(taken: Sequence[Taken]) -> set[str]:
    """The records whose rows have room in the answer, first come, first served."""
    room = ANSWER_MAX_BYTES - sum(_FRAME_BYTES + len(one.record_id) for one in taken)
    fitting = set()
    for one in taken:
        if one.own and not one.has_failed and one.own_bytes <= room:
            room -= one.own_bytes
            fitting.add(one.record_id)
    return fitting


def _told(one: Taken, is_in_answer: bool) -> dict[str, str]:
    """One record of the answer. ``Dropped`` is what has nothing left for this stream's table."""
    if one.has_failed:
        return {"recordId": one.record_id, "result": "ProcessingFailed"}
    if not is_in_answer:
        return {"recordId": one.record_id, "result": "Dropped"}
    lines = b"".join(row + b"\n" for row in one.own)
    return {"recordId": one.record_id, "result": "Ok", "data": base64.b64encode(lines).decode()}


def _book(table: str, taken: Iterable[Taken], in_answer: Collection[str]) -> None:
    """Book events as received where it is decided what becomes of them: bronze takes rows from the answer alone."""
    measured, kept = _no_counts(), defaultdict[tuple[str, str], dict[str, Counter[str]]](_no_counts)
    for one in taken:
        decided, of_event = one.outcome, kept[one.hour, DOOR]
        measured["received"] += decided.received
        for kind, counts in (("quarantined", decided.quarantined), ("dropped", decided.dropped)):
            measured[kind] += counts
            of_event[kind] += counts
            of_event["received"] += counts
        if table != QUARANTINE_TABLE and one.record_id in in_answer:
            for key, rows in one.arrivals.items():
                kept[key]["received"][table] += rows
    wiring.books().measure(DOOR, measured)
    for (hour, door), by_kind in kept.items():
        wiring.books().keep(door, hour, by_kind)


def _no_counts() -> dict[str, Counter[str]]:
    return {"received": Counter(), "quarantined": Counter(), "dropped": Counter()}
