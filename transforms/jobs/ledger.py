"""What the jobs ask of the lake's memory. Delivery writes the same one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

Booking = tuple[str, str, str, str, int]
"""Hour of arrival, event type, door, kind, events."""


Person = tuple[str, str]
"""An environment, and whom a row there names by pseudonym."""


class ConsentLog(Protocol):
    """What the build asks of what persons decided. Delivery writes the same one."""

    def withdrawn(self, purpose: Literal["analytics"]) -> Iterable[Person]:
        """Everyone whose latest decision is no."""

    def changed_since(self, decision: int, purpose: Literal["analytics"]) -> tuple[int, Sequence[Person]]:
        """The number of the newest decision, and who has decided since that of the given number."""


class JobLedger(Protocol):
    """Objects found, runs committed, counts booked."""

    def new_objects(self, event_type: str) -> list[str]: ...

    def commit_silver(
        self, run: str, objects: Iterable[str], bookings: Iterable[Booking], facts: Mapping[str, str | None]
    ) -> None:
        """In one transaction: strike objects off, book what became of their rows, remember facts."""

    def fact(self, name: str) -> str | None: ...

    def set_fact(self, name: str, value: str | None) -> None: ...

    def bookings_and_waiting(self) -> tuple[list[Booking], list[tuple[str, str, str, str, int]]]:
        """All bookings summed, and bronze objects that no silver run took: hour, type, door, path, rows."""

    def last_booking(self) -> int:
        """A number that grows with every booking."""
