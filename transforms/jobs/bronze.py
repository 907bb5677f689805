"""What the jobs that keep the lake ask of bronze, which delivery writes."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from transforms.engines.upkeep import Found
from transforms.jobs.changes import Facts
from transforms.jobs.ledger import Booking


class StoredObject(Protocol):
    """One object of bronze."""

    @property
    def path(self) -> str: ...
    @property
    def hours(self) -> Sequence[str]:
        """In which its rows arrived, in their order; one at least."""

    @property
    def door(self) -> str:
        """Of all its rows; empty where they came through any."""

    @property
    def rows(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def is_built(self) -> bool:
        """Whether silver has taken it."""


class Bronze(Protocol):
    """What was received, and what was refused. Each change of it is done whole or not at all."""

    def objects(self, table: str) -> Sequence[StoredObject]:
        """All objects of a table, oldest arrival first."""

    def take_out(self, path: str, found: Found, bookings: Iterable[Booking], facts: Facts) -> None:
        """Write an object anew without some rows; book and remember what that means."""

    def remove(self, paths: Sequence[str], facts: Facts) -> None:
        """Take whole objects out of bronze, and remember what that means; their files go with the next sweep."""

    def sweep(self, kept_for_s: float) -> int:
        """Remove the files of objects that are out of bronze for so long; returns how many."""
