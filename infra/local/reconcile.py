"""Whether everything received is accounted for, from what was booked at each hand-over."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from transforms.jobs.ledger import JobLedger


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of one type through one door: since the lake was made, or of those that arrived in one hour."""

    event_type: str
    door: str
    received: int
    bronze: int
    quarantined: int
    dropped: int
    silver: int
    duplicates: int
    conflicts: int
    waiting: int
    replayed: int = 0
    """Taken out of quarantine by a replay, and handed to delivery once more."""
    erased: int = 0
    """Removed from silver, or from bronze before it came there, because they were a person's who is erased."""
    expired: int = 0
    """Removed from silver, because they were kept long enough."""
    damaged: int = 0
    """Never came to silver, for their object can't be read and was set aside."""

    @property
    def delivery_gap(self) -> int:
        return self.received + self.replayed - self.bronze - self.quarantined - self.dropped

    @property
    def silver_gap(self) -> int:
        left = self.erased + self.expired + self.damaged
        return self.bronze - self.silver - self.duplicates - self.conflicts - self.waiting - left

    @property
    def is_whole(self) -> bool:
        return self.delivery_gap == 0 and self.silver_gap == 0

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "delivery_gap": self.delivery_gap, "silver_gap": self.silver_gap}


@dataclass(frozen=True, slots=True)
class Gap:
    """A hand-over at which more or fewer events went out than came in."""

    received_hour: str
    event_type: str
    door: str
    hand_over: str
    events: int
    """Lost where above 0, too many where below."""

    @property
    def sentence(self) -> str:
        what = "lost" if self.events > 0 else "booked without having come in"
        return (
            f"{self.received_hour}: {abs(self.events):,} {self.event_type} through {self.door} {what} at the hand-over "
            f"{HAND_OVERS[self.hand_over]}."
        )


HAND_OVERS = {
    "delivery": "received + replayed \N{RIGHTWARDS ARROW} bronze + quarantined + dropped",
    "silver": "bronze \N{RIGHTWARDS ARROW} silver + duplicates + conflicts + waiting + erased + expired + damaged",
}
"""What goes into each hand-over, and what comes out of it."""

KINDS = (
    *("received", "replayed", "bronze", "quarantined", "dropped"),
    *("silver", "duplicates", "conflicts", "waiting", "erased", "expired", "damaged"),
)


def counts(ledger: JobLedger) -> list[Counts]:
    """All counts, a row an event type and door."""
    by_key = _totals(ledger, lambda _, event_type, door: (event_type, door))
    return [_row(event_type, door, total) for (event_type, door), total in by_key]


def hourly_counts(ledger: JobLedger) -> list[tuple[str, Counts]]:
    """The same by the hour of arrival, oldest first, so that a surplus in one hour never hides a loss in another."""
    by_key = _totals(ledger, lambda *key: key)
    return [(hour, _row(event_type, door, total)) for (hour, event_type, door), total in by_key]


def gaps(hourly: list[tuple[str, Counts]]) -> Iterator[Gap]:
    """Every hand-over that does not add up."""
    for hour, row in hourly:
        for hand_over, events in (("delivery", row.delivery_gap), ("silver", row.silver_gap)):
            if events:
                yield Gap(hour, row.event_type, row.door, hand_over, events)


def refused_requests(ledger: JobLedger) -> int:
    """Requests in which no event could be told apart."""
    booked, _ = ledger.bookings_and_waiting()
    return sum(events for _, _, _, kind, events in booked if kind == "refused_requests")


def _totals(
    ledger: JobLedger, key: Callable[[str, str, str], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], Counter[str]]]:
    """Events by kind, for each ``key`` of hour, event type and door, in the keys' order."""
    booked, waiting = ledger.bookings_and_waiting()
    totals: dict[tuple[str, ...], Counter[str]] = {}
    for hour, event_type, door, kind, events in booked:
        if kind in KINDS:
            totals.setdefault(key(hour, event_type, door), Counter())[kind] += events
    for hour, event_type, door, _, rows in waiting:
        totals.setdefault(key(hour, event_type, door), Counter())["waiting"] += rows
    return sorted(totals.items())


def _row(event_type: str, door: str, total: Counter[str]) -> Counts:
    return Counts(event_type, door, **{kind: total[kind] for kind in KINDS})
