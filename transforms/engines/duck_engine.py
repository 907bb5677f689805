"""DuckDB over the Parquet files of Iceberg tables: the engine of the embedded lake, and of the small one in AWS."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from ingest.contracts import layout
from sql.funnels.model import Funnel
from sql.prices.daily import Pricing
from sql.publication import Part
from sql.records import Model
from transforms.engines import duck_days, duck_extract, duck_gold, duck_silver
from transforms.engines.duck import file_list, session
from transforms.engines.duck_keeping import DuckUpkeep
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import bookings as bookings_input
from transforms.engines.inputs import funnel_steps
from transforms.engines.protocol import Candidate, Staged
from transforms.engines.store import Store
from transforms.engines.unreadable import naming_unreadable
from transforms.engines.upkeep import Change
from transforms.engines.warehouse import Warehouse
from transforms.jobs.ledger import Booking, Person
from transforms.jobs.tidy import tidy
from transforms.quality.duck_rows import DuckRows
from transforms.quality.rows import Rows


@contextmanager
def duck_engine(warehouse: Warehouse, store: Store, memory_mb: int = 1_200) -> Iterator["DuckEngine"]:
    """The engine of a lake. The caller holds the lake's build lock."""
    scratch = warehouse.root / layout.STAGING / "build"
    tables = Tables(warehouse)
    db = session(scratch, memory_mb)
    try:
        yield DuckEngine(db, tables, store, scratch)
    finally:
        db.close()
        tables.close()
        shutil.rmtree(scratch, ignore_errors=True)


class DuckEngine(DuckUpkeep):
    """Implements :class:`transforms.engines.protocol.Engine`."""

    def __init__(self, db: duckdb.DuckDBPyConnection, tables: Tables, store: Store, scratch: Path) -> None:
        super().__init__(db, tables)
        self._store, self._scratch = store, scratch
        self._silver: duck_days.SilverDays | None = None

    @property
    def store(self) -> Store:
        return self._store

    @property
    def _root(self) -> Path:
        return self.tables.root

    def stage(self, model: Model, objects: Sequence[str], run: str) -> Staged:
        self.tables.warehouse.fetch(objects)
        with naming_unreadable(self._root, objects):
            staged = duck_silver.stage(self.db, model, objects, self.tables, run)
        # Before anything remembers the run as one to be finished: by then this machine's folder may be gone.
        self.tables.warehouse.store([*staged.written, *(waiting for waiting, _ in staged.conflicts)])
        return staged

    def days(self, model: Model) -> set[date]:
        return self.tables.days(model)

    def days_naming(self, persons: Sequence[Person]) -> dict[str, set[date]]:
        return duck_gold.days_naming(self.db, self.tables, persons)

    def read_silver(
        self,
        needed: Mapping[str, Collection[date]],
        staged: Sequence[Staged],
        withdrawn: Iterable[Person],
        pricing: Pricing,
    ) -> None:
        self._silver = duck_days.read_silver(
            self.db, self.tables, needed, staged, tuple(withdrawn), pricing, self._scratch
        )

    def read_bookings(self, bookings: Sequence[Booking]) -> None:
        duck_gold.register(self.db, bookings_input(bookings))

    def read_funnels(self, funnels: Sequence[Funnel]) -> None:
        duck_gold.register(self.db, funnel_steps(funnels))

    def compute(self, model: Model, days: tuple[date, ...] | None, run: str) -> Candidate:
        assert self._silver is not None  # noqa: S101 - `read_silver` comes first
        return duck_gold.compute(self.db, self._root, model, days, self._silver.portions(model, days), run)

    def read_gold(self, model: Model, candidate: Candidate | None) -> None:
        duck_gold.read_gold(self.db, self.tables, model, candidate)

    def rows(self, item: Staged | Candidate | Change) -> Rows:
        if isinstance(item, Candidate):
            return DuckRows(self.db, f"({duck_gold.rows_of(self.tables, item)})")
        return DuckRows(self.db, f"read_parquet({file_list(self._root / path for path in item.written)})")

    def rows_after(self, candidate: Candidate) -> Rows:
        return DuckRows(self.db, f"({duck_gold.rows_after(self.tables, candidate)})")

    def commit_silver(
        self, model: Model, written: Sequence[str], conflicts: Iterable[tuple[str, str]], run: str
    ) -> None:
        table = self.tables.ensure(model, self.db.sql(duck_silver.empty_query(model)).to_arrow_table().schema)
        if written:
            self.tables.add_files(table, written, run)
        for waiting, path in conflicts:
            self._store.move(waiting, path)

    def commit_gold(self, candidate: Candidate, run: str) -> None:
        columns = self.db.sql(duck_gold.empty_gold(candidate.model)).to_arrow_table().schema
        table = self.tables.ensure(candidate.model, columns)
        gone = self.tables.holding(candidate.model, candidate.days)
        others = duck_gold.keep_others(self.db, self.tables, candidate, [file.file_path for file in gone], run)
        written = [*candidate.written, *others]
        self.tables.warehouse.store(written)
        self.tables.exchange(table, gone, written, run)

    def discard(self, run: str) -> None:
        for pattern in (
            f"{layout.SILVER}/*/data/*/{run}-*.parquet",
            f"{layout.GOLD}/*/data/**/{run}-*.parquet",
            f"{layout.STAGING}/*-{run}-*.parquet",
        ):
            written = [path.relative_to(self._root).as_posix() for path in self._root.glob(pattern)]
            self.tables.warehouse.discard(written)

    def extract(self, model: Model, run: str, months: Collection[str] | None = None) -> dict[str, Part]:
        return duck_extract.extract(self.db, self.tables, model, run, months)

    def tidy(self) -> None:
        tidy(self.tables)
