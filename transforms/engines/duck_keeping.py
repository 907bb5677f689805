"""Upkeep by DuckDB and pyiceberg."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

import duckdb

from ingest.contracts import layout
from sql.catalog import models
from sql.records import Model
from transforms.engines import duck_reread, duck_upkeep
from transforms.engines.iceberg import Tables
from transforms.engines.unreadable import naming_unreadable
from transforms.engines.upkeep import Change, Found, Who
from transforms.jobs.runs import new_run
from transforms.jobs.tidy import tidy


class DuckUpkeep:
    """Implements :class:`transforms.engines.upkeep.Upkeep` and ``Rereading``, but for ``store`` and ``discard``."""

    def __init__(self, db: duckdb.DuckDBPyConnection, tables: Tables) -> None:
        self.db, self.tables = db, tables

    def links(self, names: Collection[str], waiting: Mapping[str, Sequence[str]]) -> frozenset[str]:
        duck_upkeep.register(self.db, Who(frozenset(names)))
        silver = [model for model in models().values() if model.layer == layout.SILVER]
        self.tables.warehouse.fetch(path for paths in waiting.values() for path in paths)
        with naming_unreadable(self.tables.root, [path for paths in waiting.values() for path in paths]):
            return frozenset(duck_upkeep.links(self.db, self.tables, silver, waiting))

    def rows_of(self, table: str, objects: Sequence[str], who: Who) -> Mapping[str, Found]:
        duck_upkeep.register(self.db, who)
        self.tables.warehouse.fetch(objects)
        with naming_unreadable(self.tables.root, objects):
            return duck_upkeep.rows_of(self.db, self.tables.root, table, objects)

    def take_out(self, model: Model, who: Who, run: str) -> Change:
        duck_upkeep.register(self.db, who)
        return self._stored(duck_upkeep.take_out(self.db, self.tables, model, run))

    def expire(self, model: Model, first_kept: date, run: str) -> Change:
        return self._stored(duck_upkeep.expire(self.db, self.tables, model, first_kept, run))

    def merges(self, model: Model) -> Iterator[Change]:
        return map(self._stored, duck_upkeep.merges(self.db, self.tables, model, new_run))

    def arrival_hours(self, model: Model, days: Collection[date]) -> set[str] | None:
        return duck_reread.arrival_hours(self.db, self.tables, model, days)

    def reread(
        self, model: Model, days: Sequence[date], objects: Sequence[str], refused: Sequence[str] | None, run: str
    ) -> Change:
        read = [*objects, *(refused or ())]
        self.tables.warehouse.fetch(read)
        with naming_unreadable(self.tables.root, read):
            return self._stored(duck_reread.reread(self.db, self.tables, model, days, objects, refused, run))

    def missing(self, model: Model, change: Change) -> int:
        return duck_reread.missing(self.db, self.tables, model, change)

    def commit_change(self, change: Change) -> None:
        self.tables.swap(models()[change.table], change.gone, change.written, change.run)

    def remove_old(self, kept_for: timedelta) -> int:
        return tidy(self.tables, kept_for)

    def _stored(self, change: Change) -> Change:
        # Before anything remembers it as one to be finished: by then this machine's folder may be gone.
        self.tables.warehouse.store(change.written)
        return change
