"""A change of a table, noted before it is committed: whatever dies on the way, the next job finishes it."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, Protocol

from transforms.engines.upkeep import Change
from transforms.jobs.ledger import Booking, JobLedger

DIRTY = "dirty_days"
"""Ledger fact: silver days whose gold is not committed yet."""
STALE = "stale_extracts"
"""Ledger fact: gold tables that were changed since they were published."""
_PENDING = "pending_change"
"""Ledger fact: a change that may be committed or not, and what is to be booked and remembered with it."""

Facts = Mapping[str, str | None]


class Commits(Protocol):
    """Of an engine, what finishing a change takes."""

    def commit_change(self, change: Change) -> None: ...


def apply_change(
    engine: Commits, ledger: JobLedger, change: Change, bookings: Iterable[Booking] = (), facts: Facts | None = None
) -> None:
    """Commit a change, and with it book and remember what it means."""
    note = {"change": change.to_dict(), "bookings": list(bookings), "facts": dict(facts or {})}
    ledger.set_fact(_PENDING, json.dumps(note))
    finish_change(engine, ledger)


def finish_change(engine: Commits, ledger: JobLedger) -> None:
    """Finish the change that was being made, if one was. Every job begins with this."""
    document = ledger.fact(_PENDING)
    if document is None:
        return
    note = json.loads(document)
    change = Change.from_dict(note["change"])
    engine.commit_change(change)
    bookings = [(hour, event_type, door, kind, events) for hour, event_type, door, kind, events in note["bookings"]]
    ledger.commit_silver(change.run, [], bookings, {**note["facts"], _PENDING: None})


def apply_facts(ledger: JobLedger, facts: Facts) -> None:
    """Remember what is so without a change."""
    for name, value in facts.items():
        ledger.set_fact(name, value)


def moved(change: Change, event_type: str, kind: Literal["erased", "expired"]) -> list[Booking]:
    """Rows of silver that are something else now. What was booked stays; these are entries of their own."""
    return [
        (hour, event_type, door, counted, events)
        for hour, door, rows in change.arrived
        for counted, events in (("silver", -rows), (kind, rows))
    ]


def reopened(ledger: JobLedger, days: Mapping[str, Iterable[date]]) -> Facts:
    """The fact that gold is to be computed anew for some more silver days."""
    dirty = {table: set(stored) for table, stored in json.loads(ledger.fact(DIRTY) or "{}").items()}
    for table, more in days.items():
        dirty.setdefault(table, set()).update(day.isoformat() for day in more)
    return {DIRTY: json.dumps({table: sorted(stored) for table, stored in dirty.items()})}


def outdated(ledger: JobLedger, table: str) -> Facts:
    """The fact that a gold table is to be published anew."""
    return {STALE: json.dumps(sorted({*json.loads(ledger.fact(STALE) or "[]"), table}))}
