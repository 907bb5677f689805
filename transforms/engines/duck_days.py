"""Silver as gold is computed from it: some days at a time, so that what is grouped fits into memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from sql.catalog import models, views, wide_views
from sql.prices.daily import Pricing
from sql.records import Model
from transforms.engines.duck import literal, scan, trino_view, view, with_rows
from transforms.engines.duck_gold import WRITTEN_AS, register, register_prices, register_thresholds
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import naming_none, persons
from transforms.engines.protocol import Staged
from transforms.jobs.gold import scanned, window
from transforms.jobs.ledger import Person

PORTION_BYTES = 64 << 20
"""So much silver is grouped at once. Groups of more fit into no cache of a processor, and in the end not into memory:
ten million rows at once cost twice what they cost in portions."""

_WITHDRAWN = "consent.withdrawn"

Files = Mapping[str, Mapping[date, Sequence[Path]]]
"""By full table name and day."""


class SilverDays:
    """The silver tables of a session, as views over the files of some days."""

    def __init__(self, db: duckdb.DuckDBPyConnection, files: Files, withdrawn: Collection[Person]) -> None:
        self._db, self._files, self._any_withdrawn = db, dict(files), bool(withdrawn)
        self._bytes_of = {table: _bytes_by_day(by_day) for table, by_day in files.items()}
        self._empty = {table: empty_query(models()[table]) for table in files}
        register(db, persons(_WITHDRAWN, withdrawn))
        self._lay(files.keys(), None)

    def add(self, view: str, empty: str, by_day: Mapping[date, Sequence[Path]]) -> None:
        """Have a wide view as a table whose rows were computed.

        Args:
            empty: SQL of the view without a row.
        """
        self._files[view], self._empty[view] = by_day, empty
        self._bytes_of[view] = _bytes_by_day(by_day)
        self._lay([view], None)

    def portions(self, model: Model, days: tuple[date, ...] | None) -> Iterator[tuple[date, ...] | None]:
        """Parts of a gold table's ``days``. During each, the tables that the model reads hold what it takes."""
        tables = scanned(model.full_name) & self._files.keys()
        if days is None or not tables:
            self._lay(tables, None)
            yield days
            return
        for portion in self._portions(model, tables, days):
            self._lay(tables, window(portion, model.reads_days))
            yield portion

    def _portions(self, model: Model, tables: Collection[str], days: tuple[date, ...]) -> Iterator[tuple[date, ...]]:
        portion: list[date] = []
        for day in days:
            if portion and self._bytes(tables, window([*portion, day], model.reads_days)) > PORTION_BYTES:
                yield tuple(portion)
                portion = []
            portion.append(day)
        yield tuple(portion)

    def _bytes(self, tables: Collection[str], days: Collection[date]) -> int:
        return sum(self._bytes_of[table].get(day, 0) for table in tables for day in days)

    def _of(self, table: str, days: Collection[date] | None) -> list[Path]:
        by_day = self._files[table]
        return [path for day, paths in by_day.items() if days is None or day in days for path in paths]

    def _lay(self, tables: Collection[str], days: Collection[date] | None) -> None:
        for table in tables:
            rows = scan(self._of(table, days), self._empty[table])
            model = models().get(table)  # a wide view is computed from what is kept
            kept = naming_none(model, "s", _WITHDRAWN) if model and self._any_withdrawn else "TRUE"
            view(self._db, table, f"SELECT * FROM ({rows}) AS s WHERE {kept}")


def read_silver(
    db: duckdb.DuckDBPyConnection,
    tables: Tables,
    needed: Mapping[str, Collection[date]],
    staged: Sequence[Staged],
    withdrawn: Collection[Person],
    pricing: Pricing,
    scratch: Path,
) -> SilverDays:
    """See :meth:`transforms.engines.protocol.Engine.read_silver`. ``scratch`` is gone once the session is."""
    silver = SilverDays(db, _files(tables, needed, staged), withdrawn)
    register_prices(db, tables, pricing)
    register_thresholds(db)
    for name, query in views().items():
        trino_view(db, name, query)
        # What looks beyond its day is computed over all days at once: whoever reads it then needs its own days only.
        # Before the views that read it are made: each making binds all that lies below.
        if name in wide_views():
            _keep(db, silver, name, scratch)
    return silver


def _keep(db: duckdb.DuckDBPyConnection, silver: SilverDays, name: str, scratch: Path) -> None:
    """Compute a wide view once. One whose rows tell their day is kept by day, so that portions of it can be read."""
    columns = {str(column): str(kind) for column, kind, *_ in db.execute(f"DESCRIBE {name}").fetchall()}
    if "day" not in columns:
        file = literal(str(scratch / f"{name}.parquet"))
        db.execute(f"COPY (SELECT * FROM {name}) TO {file} ({WRITTEN_AS})")
        view(db, name, f"SELECT * FROM read_parquet({file})")
        return
    folder = scratch / name
    # A build that was killed leaves its own.
    parts = "PARTITION_BY (day), WRITE_PARTITION_COLUMNS, OVERWRITE"
    db.execute(f"COPY (SELECT * FROM {name}) TO {literal(str(folder))} ({WRITTEN_AS}, {parts})")
    by_day: dict[date, list[Path]] = {}
    for path in with_rows(db, sorted(folder.glob("**/*.parquet"))):
        by_day.setdefault(_day(str(path)), []).append(path)
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())
    silver.add(name, f"SELECT {nothing} WHERE FALSE", by_day)


def _bytes_by_day(by_day: Mapping[date, Sequence[Path]]) -> dict[date, int]:
    return {day: sum(path.stat().st_size for path in paths) for day, paths in by_day.items()}


def _files(tables: Tables, needed: Mapping[str, Collection[date]], staged: Sequence[Staged]) -> Files:
    found: dict[str, dict[date, list[Path]]] = {}
    for name, model in models().items():
        if model.layer == "silver":
            found[name] = tables.files_by_day(model, needed[name]) if name in needed else {}
    for item in staged:
        for path in item.written:
            of_day = found[f"silver.{item.table}"].setdefault(_day(path), [])
            of_day.append(tables.root / path)
    return found


def _day(path: str) -> date:
    """The day of a file that this engine wrote."""
    return date.fromisoformat(Path(path).parent.name.removeprefix("day="))
