"""The one step between a door and storage: validate, apply consent, route. The same embedded and in Firehose."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from ingest.contracts.derive import QUARANTINE_TABLE, time_fields
from ingest.contracts.envelope import NOT_STORED, Event, content_fields
from ingest.contracts.instants import to_us
from ingest.contracts.validate import Refusal, hold_against_clock, validate
from ingest.delivery.nesting import as_text
from ingest.delivery.packing import ROW_MAX_BYTES

PAYLOAD_MAX_CHARS = 65_536
"""Quarantine keeps this much of what was refused; nobody repairs more by hand."""

UNWRITABLE = "properties can't be written as JSON"
"""What such a refusal says. Its payload is in quarantine as far as it can be written, so it is not what was sent."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch. ``len(received) == accepted + refused + dropped``, always."""

    rows: dict[str, list[bytes]] = field(default_factory=dict)
    """JSON rows by bronze table; quarantine is one of them."""
    received: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)
    """Position in the batch, and why."""

    @property
    def accepted(self) -> int:
        return self.received.total() - len(self.refusals) - self.dropped.total()


def transform(items: Iterable[Any], received_at: datetime, place_of: Callable[[int], str] | None = None) -> Outcome:
    """Turn what a door decoded into bronze rows.

    Args:
        items: decoded JSON values; an ``Event`` where the door has read one already, which then lacks but the look at
            the clock; or a ``Refusal`` where it could not decode one.
        received_at: arrival time, aware.
        place_of: where an item stood, by its position, for sentences about it. A door's ``Refusal`` says so itself.
    """
    outcome = Outcome()
    for index, item in enumerate(items):
        result = _read(item, received_at)
        outcome.received[result.event_type] += 1
        refusal = result if isinstance(result, Refusal) else _accept(outcome, result)
        if refusal is None:
            continue
        if place_of is not None and refusal is not item:
            refusal = replace(refusal, message=f"{place_of(index)}: {refusal.message}")
        _quarantine(outcome, index, item, refusal)
    return outcome


def _read(item: Any, received_at: datetime) -> Event | Refusal:
    if isinstance(item, Event):
        return hold_against_clock(item, received_at)
    return item if isinstance(item, Refusal) else validate(item, received_at)


def _accept(outcome: Outcome, event: Event) -> Refusal | None:
    """Route an event that its contract accepts; what can't be stored all the same is refused."""
    consent = event.consent
    if consent is not None and not consent.analytics:
        outcome.dropped[event.event_type] += 1
        return None
    try:
        row = bronze_row(event)
    except TypeError:  # orjson's
        reason = f"{UNWRITABLE}: a number over 64 bits, half a character, or nested too deep"
        return _refuse(event, "invalid_value", reason)
    if len(row) > ROW_MAX_BYTES:
        reason = f"the event has {len(row):,} bytes, over the limit of {ROW_MAX_BYTES:,}; send less"
        return _refuse(event, "event_too_large", reason)
    outcome.rows.setdefault(event.event_type, []).append(row)
    return None


def _refuse(event: Event, code: str, reason: str) -> Refusal:
    return Refusal(code, f"{event.event_type}: {reason}.", event.event_type, event.event_id)


def bronze_row(event: Event) -> bytes:
    """One event as a JSON object of bronze columns, without the ones that delivery adds at the hand-over."""
    told = event.__dict__
    row = _defaults(type(event)).copy()
    for name in event.model_fields_set:
        if name not in NOT_STORED and told[name] is not None:
            row[name] = told[name]
    if event.consent is not None and not event.consent.content:
        for name in content_fields(type(event)):
            row.pop(name, None)
    for name in time_fields(type(event)):
        if name in row:
            row[f"{name}_us"] = to_us(row.pop(name))
    if "properties" in row:
        row["properties"] = orjson.dumps(row["properties"], option=orjson.OPT_SORT_KEYS).decode()
    return orjson.dumps(row)


@cache
def _defaults(model: type[Event]) -> dict[str, Any]:
    fields = {name: info.default for name, info in model.model_fields.items() if not info.is_required()}
    return {name: value for name, value in fields.items() if value is not None and name not in NOT_STORED}


def _payload(item: Any) -> str:
    return item.model_dump_json(exclude_unset=True) if isinstance(item, Event) else as_text(item)


def _quarantine(outcome: Outcome, index: int, item: Any, refusal: Refusal) -> None:
    outcome.quarantined[refusal.event_type] += 1
    outcome.refusals.append((index, refusal))
    row = {
        "event_type": refusal.event_type,
        "event_id": refusal.event_id,
        "stage": "delivery",
        "code": refusal.code,
        "message": refusal.message,
        "payload": (_payload(item) if refusal.payload is None else refusal.payload)[:PAYLOAD_MAX_CHARS],
    }
    outcome.rows.setdefault(QUARANTINE_TABLE, []).append(orjson.dumps(row))
