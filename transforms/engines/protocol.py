"""What the main job asks of an engine: everything that touches rows. The job itself keeps the order of the work."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from sql.funnels.model import Funnel
from sql.prices.daily import Pricing
from sql.publication import Part
from sql.records import Model
from transforms.engines.store import Store
from transforms.engines.upkeep import Change
from transforms.jobs.ledger import Booking, Person
from transforms.quality.rows import Rows

KEPT_FOR = timedelta(hours=1)
"""How long a reader may be in the middle of what a commit has replaced."""


@dataclass(frozen=True, slots=True)
class Staged:
    """New rows of one silver table, written but seen by no reader."""

    table: str
    objects: tuple[str, ...]
    """Bronze objects that they came from."""
    written: tuple[str, ...]
    """What the engine commits them by: paths of files in the lake, or a branch of the table. Empty without new rows."""
    conflicts: tuple[tuple[str, str], ...]
    """Refused rows as objects of quarantine: where they wait, and where they belong once the run is committed."""
    bookings: tuple[Booking, ...]
    days: tuple[date, ...]
    """Days that gain rows."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """New rows of one gold table, written but seen by no reader."""

    model: Model
    written: tuple[str, ...]
    """As in :class:`Staged`; empty where no row is left."""
    days: tuple[date, ...] | None
    """The days whose rows they replace; None where they replace the whole table."""


class Engine(Protocol):
    """One lake as one engine sees it. What it writes is seen by no reader until it is committed."""

    @property
    def store(self) -> Store:
        """Where the lake's objects lie."""

    def stage(self, model: Model, objects: Sequence[str], run: str) -> Staged:
        """Write the rows of some bronze objects that silver does not have yet.

        Of events with one id, the first to arrive counts; a later one at the same time is a duplicate, at another time
        a conflict, which is refused into quarantine.
        """

    def days(self, model: Model) -> set[date]:
        """The days of which a committed table partitioned by day has rows."""

    def days_naming(self, persons: Sequence[Person]) -> dict[str, set[date]]:
        """The committed silver days, by table, on which one of some persons is named."""

    def read_silver(
        self,
        needed: Mapping[str, Collection[date]],
        staged: Sequence[Staged],
        withdrawn: Iterable[Person],
        pricing: Pricing,
    ) -> None:
        """Lay out what gold is computed from: silver with what is staged, the shared views, prices and thresholds.

        Args:
            needed: days of silver tables and wide views by full name; a table that is not named has no row, and of a
                view no other days are read.
            withdrawn: persons who are not to be analysed; gold is computed as if silver had no row of theirs.
            pricing: days that it keeps have the prices that the committed ``gold.price_daily`` says.
        """

    def read_bookings(self, bookings: Sequence[Booking]) -> None:
        """Lay out ``ledger.booking``."""

    def read_funnels(self, funnels: Sequence[Funnel]) -> None:
        """Lay out ``funnel.step``, which shared views read; so this comes before :meth:`read_silver`."""

    def compute(self, model: Model, days: tuple[date, ...] | None, run: str) -> Candidate:
        """Write a gold table's rows of some days, or all. Models computed later in the run read these."""

    def read_gold(self, model: Model, candidate: Candidate | None) -> None:
        """Lay out a gold table whole: what is committed, with a candidate's rows in the place of its days."""

    def rows(self, item: Staged | Candidate) -> Rows:
        """What was written, for the gate."""

    def rows_after(self, candidate: Candidate) -> Rows:
        """The whole table as it will be once the candidate is committed, for the gate."""

    def commit_silver(
        self, model: Model, written: Sequence[str], conflicts: Iterable[tuple[str, str]], run: str
    ) -> None:
        """Show staged rows to readers. Once a run, however often it is asked."""

    def commit_gold(self, candidate: Candidate, run: str) -> None:
        """Show a candidate to readers, in place of the rows of its days."""

    def commit_change(self, change: Change) -> None:
        """Show readers a table in which files were changed for others. Once, however often it is asked."""

    def discard(self, run: str) -> None:
        """Remove what a run wrote and did not commit."""

    def extract(self, model: Model, run: str, months: Collection[str] | None = None) -> dict[str, Part]:
        """Write a committed gold table as sorted Parquet objects below ``publish/<run>/``.

        A daily table gives a part for each month (2026-03) that has rows, of ``months`` only if given; another gives
        one, :data:`sql.publication.WHOLE`.
        """

    def tidy(self) -> None:
        """Remove what nothing refers to, once no reader can still be in the middle of it."""
