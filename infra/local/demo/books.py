"""What the lake booked while the demo ran, held against what the application says it sent."""

from dataclasses import dataclass

from infra.local.demo.application import Sent
from infra.local.lake import Lake
from infra.local.reconcile import KINDS, Counts, counts, refused_requests

_DOORS = ("otlp", "native", "analytics")


@dataclass(frozen=True, slots=True)
class Books:
    """Totals by door and kind since the lake was made; subtract an earlier one for what happened in between."""

    by_door: dict[str, dict[str, int]]
    refused_requests: int
    is_whole: bool

    @property
    def total(self) -> dict[str, int]:
        return {kind: sum(door[kind] for door in self.by_door.values()) for kind in KINDS}

    def since(self, before: "Books") -> "Books":
        by_door = {
            door: {kind: count - before.by_door[door][kind] for kind, count in kinds.items()}
            for door, kinds in self.by_door.items()
        }
        return Books(by_door, self.refused_requests - before.refused_requests, self.is_whole)


def read_books(lake: Lake) -> Books:
    ledger = lake.ledger()
    try:
        rows = counts(ledger)
        return Books(
            {door: {kind: _sum(rows, door, kind) for kind in KINDS} for door in _DOORS},
            refused_requests(ledger),
            all(row.is_whole for row in rows),
        )
    finally:
        ledger.close()


def disagreements(sent: Sent, booked: Books) -> list[str]:
    """Where the two accounts differ, a sentence each. Others may have sent something meanwhile, so more is no fault."""
    found = []
    for door, what, count in (
        ("otlp", "executions", sent.executions),
        ("native", "events", sent.events),
        ("analytics", "surveys", sent.surveys),
    ):
        received = booked.by_door[door]["received"]
        if received < count:
            found.append(f"{count:,} {what} were sent, but the lake booked {received:,}.")
    if sent.refused != sent.broken or sent.refused_bodies != sent.broken_bodies:
        found.append(
            f"{sent.broken:,} events and {sent.broken_bodies:,} bodies were broken on purpose, "
            f"but {sent.refused:,} and {sent.refused_bodies:,} were refused."
        )
    if not booked.is_whole:
        found.append("The counts of the lake do not reconcile; `promptlake status` shows where.")
    return found


def _sum(rows: list[Counts], door: str, kind: str) -> int:
    return sum(getattr(row, kind) for row in rows if row.door == door)
