"""Whether everything received is accounted for, from what was booked at each hand-over."""

from collections import Counter
from dataclasses import asdict, dataclass

from infra.local.ledger import SqliteLedger


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of one type through one door, since the lake was made."""

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

    @property
    def delivery_gap(self) -> int:
        return self.received - self.bronze - self.quarantined - self.dropped

    @property
    def silver_gap(self) -> int:
        return self.bronze - self.silver - self.duplicates - self.conflicts - self.waiting

    @property
    def is_whole(self) -> bool:
        return self.delivery_gap == 0 and self.silver_gap == 0

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "delivery_gap": self.delivery_gap, "silver_gap": self.silver_gap}


KINDS = ("received", "bronze", "quarantined", "dropped", "silver", "duplicates", "conflicts", "waiting")


def counts(ledger: SqliteLedger) -> list[Counts]:
    """All counts, a row an event type and door."""
    booked, waiting = ledger.bookings_and_waiting()
    totals: dict[tuple[str, str], Counter[str]] = {}
    for _, event_type, door, kind, events in booked:
        if kind in KINDS:
            totals.setdefault((event_type, door), Counter())[kind] += events
    for _, event_type, door, _, rows in waiting:
        totals.setdefault((event_type, door), Counter())["waiting"] += rows
    return [Counts(*key, *(total[kind] for kind in KINDS)) for key, total in sorted(totals.items())]


def refused_requests(ledger: SqliteLedger) -> int:
    """Requests in which no event could be told apart."""
    booked, _ = ledger.bookings_and_waiting()
    return sum(events for _, _, _, kind, events in booked if kind == "refused_requests")
