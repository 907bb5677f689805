"""Tables that look at all that ever was: a large lake computes them with the first build of a day."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sql.catalog import models
from transforms.jobs.ledger import Booking, JobLedger

LARGE_EVENTS = 2_000_000
"""All of so many events are looked at in a second; a lake with no more than that leaves nothing for later."""
_LOOKED_BACK = "looked_back"
"""Ledger fact: the UTC day into which the build that last computed them was complete; and which have waited since."""


@dataclass(frozen=True)
class LookingBack:
    """What a build does with such tables."""

    wait: frozenset[str]
    """Full names of those that it leaves as they are, whatever is new."""
    due: frozenset[str]
    """Full names of those that have waited and wait no longer, whether anything is new or not."""


def overdue(ledger: JobLedger, today: str) -> frozenset[str]:
    """Those that have waited since a day before ``today``."""
    last, waited = _looked_back(ledger)
    return frozenset(waited) if last != today else frozenset()


def looking_back(ledger: JobLedger, today: str, *, may_wait: bool) -> LookingBack:
    """Which tables wait, and which have waited.

    Args:
        today: the UTC day into which the build is complete, as 2026-03-01.
        may_wait: whether all that has changed is what has come in, and the lake is large.
    """
    last, waited = _looked_back(ledger)
    if may_wait and last == today:
        return LookingBack(frozenset(m.full_name for m in models().values() if m.once_a_day), frozenset())
    return LookingBack(frozenset(), frozenset(waited))


def _looked_back(ledger: JobLedger) -> tuple[str, list[str]]:
    last, waited = json.loads(ledger.fact(_LOOKED_BACK) or '["", []]')
    return last, [name for name in waited if name in models()]


def note(ledger: JobLedger, today: str, looked: LookingBack) -> None:
    """Remember what a build did with them, once it is published."""
    ledger.set_fact(_LOOKED_BACK, json.dumps([today, sorted(looked.wait)]))


def is_large(bookings: Iterable[Booking]) -> bool:
    """Whether silver holds more events than can be looked at each time."""
    return sum(events for _, _, _, kind, events in bookings if kind == "silver") > LARGE_EVENTS
