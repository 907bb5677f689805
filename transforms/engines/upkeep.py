"""What erasing and maintaining ask of an engine: rows taken out of the tables, and small files put together.

An engine writes a change aside; the job notes it in the ledger and commits it, so that whatever dies on the way, the
next job finishes it. Iceberg's own procedures do the same: ``DELETE`` on a branch and a fast-forward, and
``rewrite_data_files``, ``expire_snapshots`` and ``remove_orphan_files``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from sql.records import Model
from transforms.engines.store import Store

SMALL_BYTES = 64 << 20
"""A file of this size is not put together with others any more."""
SMALL_FILES = 5
"""So many small files of one day are left alone: each new one is soon merged with its like, large ones never again."""


@dataclass(frozen=True, slots=True)
class Who:
    """A person, as stored rows name them."""

    names: frozenset[str]
    """All pseudonyms that the person was ever stored under."""
    links: frozenset[str] = frozenset()
    """Browsers and sessions in which nobody else was ever seen."""


Arrived = tuple[tuple[str, str, int], ...]
"""Rows by hour of arrival and door."""


@dataclass(frozen=True, slots=True)
class Found:
    """A person's rows in one object of bronze."""

    rows: tuple[int, ...]
    """Their numbers, counted from 0."""
    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Change:
    """Files of one table that shall stand in the place of others; readers see none of it before it is committed."""

    table: str
    """Full name."""
    run: str
    """A change is committed once, however often it is asked."""
    gone: tuple[str, ...]
    """Paths below the lake's root, or what else the engine knows it by."""
    written: tuple[str, ...]
    rows: int = 0
    """Rows that are not there any more."""
    arrived: Arrived = ()
    """These rows, of silver."""
    days: tuple[date, ...] = ()
    """Days that lose rows."""

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "days": [day.isoformat() for day in self.days]}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> "Change":
        return cls(
            document["table"],
            document["run"],
            tuple(document["gone"]),
            tuple(document["written"]),
            document["rows"],
            tuple((hour, door, rows) for hour, door, rows in document["arrived"]),
            tuple(map(date.fromisoformat, document["days"])),
        )


class Upkeep(Protocol):
    """Finds and removes rows, and keeps the tables' files few."""

    @property
    def store(self) -> Store:
        """Where the lake's objects lie."""

    def links(self, names: Collection[str], waiting: Mapping[str, Sequence[str]]) -> frozenset[str]:
        """Browsers and sessions of a person that no other user was seen in, by silver and by the bronze objects that
        it does not have yet, which ``waiting`` names by event type.
        """

    def rows_of(self, table: str, objects: Sequence[str], who: Who) -> Mapping[str, Found]:
        """A person's rows in objects of bronze, by object; those without any are left out.

        Raises:
            UnreadableObjects: some can't be read.
        """

    def take_out(self, model: Model, who: Who, run: str) -> Change:
        """A silver or gold table without a person's rows."""

    def expire(self, model: Model, first_kept: date, run: str) -> Change:
        """A table by day without the days before one."""

    def merges(self, model: Model) -> Iterator[Change]:
        """A table with fewer and larger files, some days at a time. Readers may have them already: the rows are the
        same.
        """

    def commit_change(self, change: Change) -> None:
        """Show a change to readers, once."""

    def discard(self, run: str) -> None:
        """Remove what a run wrote and did not commit."""

    def remove_old(self, kept_for: timedelta) -> int:
        """Remove old snapshots, and files that nothing refers to, older than that; returns how many files went."""


class Rereading(Protocol):
    """Writes silver anew from bronze."""

    def arrival_hours(self, model: Model, days: Collection[date]) -> set[str] | None:
        """Hours in which silver's events of some days arrived; None where silver can't be read."""

    def reread(
        self, model: Model, days: Sequence[date], objects: Sequence[str], refused: Sequence[str] | None, run: str
    ) -> Change:
        """Silver's events of some days, written anew from bronze.

        Args:
            objects: bronze objects that hold them.
            refused: objects of quarantine, which name the conflicts; given where silver can't be read.
        """

    def missing(self, model: Model, change: Change) -> int:
        """Events of silver that bronze does not hold any more, and that a change would lose."""
