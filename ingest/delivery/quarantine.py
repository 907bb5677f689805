"""Sends what was refused through the transform step once more, as if from its door, after whatever was wrong is fixed.

What passes is handed over to bronze now, and booked as ``replayed``: an entry of its own, because the event was
received and refused once, which stays booked as it was. What fails again stays where it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import orjson

from ingest.contracts import layout
from ingest.contracts.instants import from_us
from ingest.delivery.batch import PAYLOAD_MAX_CHARS, UNWRITABLE
from ingest.delivery.booking import Booking, BronzeObject
from ingest.delivery.clock import LakeClock
from ingest.delivery.drain import DeliveryLedger, drain_lock, put
from ingest.delivery.outcome import Outcome
from ingest.delivery.privacy.remains import REMOVED
from ingest.delivery.spool import Frame
from ingest.delivery.transform import Transform

_BATCH_CHARS = 16 << 20
"""Payloads that are replayed in one hand-over; several times as much has room in memory."""

_ROW_CHARS = 500
"""What a row takes besides its payload, about."""

_REASONS_KEPT = 100

NEVER = {
    "without payload": "Nothing was kept of it; only its sender can send it again.",
    "cut": f"Its payload was cut after {PAYLOAD_MAX_CHARS:,} characters; only its sender can send it again.",
    "undecodable": "Its payload is no JSON document; only its sender can send it again, repaired.",
    "altered": "Its payload could not be kept as it was sent (nested too deep, or a number over 64 bits); only its "
    "sender can send it again.",
    "removed": "Values that no contract describes were taken out of it, for anything personal may be in such; only its "
    "sender can send it again.",
    "no event": "Its payload is in its client's own format, or names no event_type; only its client can send it again.",
    "conflict": "Its event_id is stored with another time, and the first to arrive counts; send it under another id.",
}
"""Why a refused event can never be replayed, by kind."""


class Refused(NamedTuple):
    """One row of quarantine. Its identity is the object it lies in and its place there: objects are never rewritten
    in place, and one that is written anew has another name.
    """

    path: str
    """The object, relative to the lake."""
    row: int
    received_at_us: int
    door: str
    event_type: str
    event_id: str | None
    stage: str
    code: str
    message: str
    payload: str


class ReplayLedger(DeliveryLedger, Protocol):
    """What a replay needs to remember besides."""

    def is_replayed(self, path: str, row: int) -> bool: ...
    def commit_replay(
        self, objects: list[BronzeObject], bookings: list[Booking], rows: Iterable[tuple[str, int]]
    ) -> None: ...


@dataclass(slots=True)
class Replayed:
    """What became of the rows that a replay was given."""

    stored: Counter[str] = field(default_factory=Counter)
    """By event type."""
    dropped: Counter[str] = field(default_factory=Counter)
    """For want of consent, by event type."""
    refused: Counter[str] = field(default_factory=Counter)
    """Failed again, by event type."""
    reasons: list[tuple[str, int, str]] = field(default_factory=list)
    """The first few of those: object, row, and the reason as it is now."""
    never: Counter[str] = field(default_factory=Counter)
    """Can never be replayed, by the keys of `NEVER`."""
    already: int = 0
    """Were replayed before."""


def why_never(refused: Refused) -> str | None:
    """The key of `NEVER` that keeps a row from being replayed, if one does."""
    if refused.stage != "delivery":
        return "conflict"
    if not refused.payload:
        return "without payload"
    if refused.code == "too_deep" or UNWRITABLE in refused.message:
        return "altered"
    try:
        payload = orjson.loads(refused.payload)
    except orjson.JSONDecodeError:
        return "cut" if len(refused.payload) >= PAYLOAD_MAX_CHARS else "undecodable"
    if not isinstance(payload, dict) or "event_type" not in payload:
        return "no event"
    return "removed" if REMOVED in refused.payload else None


def replay(root: Path, ledger: ReplayLedger, transform: Transform, rows: Iterable[Refused]) -> Replayed:
    """Store what passes now. Safe to repeat and to interrupt: a row is taken out of quarantine once.

    A client that has sent the event again meanwhile doubles nothing either: silver knows it by its id.
    """
    done = Replayed()
    for batch in _batches(rows):
        # Others replay too, or drain; whoever waited sees what they did.
        with drain_lock(root):
            fresh = [row for row in batch if not ledger.is_replayed(row.path, row.row)]
            done.already += len(batch) - len(fresh)
            _replay(root, ledger, transform, fresh, done)
    return done


def _replay(root: Path, ledger: ReplayLedger, transform: Transform, rows: Sequence[Refused], done: Replayed) -> None:
    passed: dict[str, Outcome] = {}
    taken: list[tuple[str, int]] = []
    for row in rows:
        never = why_never(row)
        if never:
            done.never[never] += 1
            continue
        # Held against the clock of its first arrival: what lay in the future then does not become right by waiting.
        outcome = transform.again(orjson.loads(row.payload), from_us(row.received_at_us))
        if outcome.refusals:
            ((_, refusal),) = outcome.refusals
            done.refused[refusal.event_type] += 1
            if len(done.reasons) < _REASONS_KEPT:
                done.reasons.append((row.path, row.row, refusal.message))
            continue
        _merge(passed.setdefault(row.door, Outcome()), outcome)
        taken.append((row.path, row.row))
    if not taken:
        return
    with closing(LakeClock(root / layout.SPOOL)) as clock:
        now_us = clock.tick_us()
    frames = [_frame(door, outcome, now_us) for door, outcome in passed.items()]
    put(root, ledger, frames, lambda objects, bookings: ledger.commit_replay(objects, bookings, taken))
    for outcome in passed.values():
        done.stored += outcome.received - outcome.dropped
        done.dropped += outcome.dropped


def _merge(into: Outcome, one: Outcome) -> None:
    into.received += one.received
    into.dropped += one.dropped
    for table, rows in one.rows.items():
        into.rows.setdefault(table, []).extend(rows)


def _frame(door: str, outcome: Outcome, now_us: int) -> Frame:
    counts: dict[str, dict[str, int]] = {"replayed": outcome.received, "dropped": outcome.dropped}
    parts: list[tuple[str, int, memoryview]] = [
        (table, len(rows), memoryview(b"\n".join(rows) + b"\n")) for table, rows in outcome.rows.items()
    ]
    return Frame(door, now_us, counts, parts)


def _batches(rows: Iterable[Refused]) -> Iterator[list[Refused]]:
    batch: list[Refused] = []
    chars = 0
    for row in rows:
        if chars > _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
        batch.append(row)
        chars += len(row.payload) + _ROW_CHARS
    if batch:
        yield batch
