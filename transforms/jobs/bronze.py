"""What the jobs that keep the lake ask of bronze, which delivery writes."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from transforms.jobs.changes import Facts
from transforms.jobs.ledger import Booking


class StoredObject(Protocol):
    """One object of bronze."""

    @property
    def path(self) -> str: ...
    @property
    def hour(self) -> str:
        """Of arrival."""

    @property
    def door(self) -> str: ...
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

    def take_out(self, path: str, rows: Sequence[int], bookings: Iterable[Booking], facts: Facts) -> None:
        """Write an object anew without some rows, told by their numbers; book and remember what that means."""

    def merge(self, table: str, paths: Sequence[str]) -> None:
        """Put objects of one hour and door together."""

    def remove(self, paths: Sequence[str], facts: Facts) -> None:
        """Take whole objects out of bronze, and remember what that means; their files go with the next sweep."""

    def sweep(self, kept_for_s: float) -> int:
        """Remove the files of objects that are out of bronze for so long; returns how many."""
