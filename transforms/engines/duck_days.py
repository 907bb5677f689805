"""Silver as gold is computed from it: some days at a time, so that what is grouped fits into memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from math import ceil
from pathlib import Path

import duckdb

from sql.catalog import models, views, wide_views
from sql.prices.daily import Pricing
from sql.records import Model
from transforms.engines.duck import file_list, literal, scan, trino_view, view
from transforms.engines.duck_gold import register, register_prices, register_thresholds
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import naming_none, persons
from transforms.engines.protocol import Staged
from transforms.jobs.gold import below, scanned, window
from transforms.jobs.ledger import Person

PORTION_BYTES = 64 << 20
"""So much silver is grouped at once. Groups of more fit into no cache of a processor, and in the end not into memory:
ten million rows at once cost twice what they cost in portions."""

PART_BYTES = 2 * PORTION_BYTES
"""So much of a wide view is taken at once by a view that may take it apart: each part is sought in all of it."""

_KEPT_AS = "FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 2000"
"""What is gone in a minute takes longer to write than to compute if it is compressed."""

_KEPT_SIZE = 3
"""It takes so many times the bytes of silver."""

_WITHDRAWN = "consent.withdrawn"

Files = Mapping[str, Mapping[date, Sequence[Path]]]
"""By full table name and day."""


class SilverDays:
    """The silver tables of a session, as views over the files of some days."""

    def __init__(self, db: duckdb.DuckDBPyConnection, files: Files, withdrawn: Collection[Person]) -> None:
        self._db, self._files, self._any_withdrawn = db, files, bool(withdrawn)
        self._kept: dict[str, list[Path]] = {}
        self._bytes_of = {table: _bytes_by_day(by_day) for table, by_day in files.items()}
        self._empty = {table: empty_query(models()[table]) for table in files}
        register(db, persons(_WITHDRAWN, withdrawn))
        self._lay(files.keys(), None)

    def add(self, name: str, files: list[Path]) -> None:
        """Have a wide view whose rows were computed, and tell their day, as a table over the files."""
        self._kept[name] = files
        many = dict(self._db.execute(f"SELECT day, count(*) FROM {_rows_of(files)} GROUP BY 1").fetchall())
        bytes_a_row = sum(path.stat().st_size for path in files) / max(1, sum(many.values())) / _KEPT_SIZE
        self._bytes_of[name] = {day: rows * bytes_a_row for day, rows in many.items()}
        self._lay([name], None)

    def parts(self, name: str, days: Collection[date]) -> Iterator[None]:
        """Once for each part of what some days of a wide view are computed from. During each, the tables that it reads
        hold what it takes."""
        around = window(days, wide_views()[name].reads_days)
        self._lay(below(name), around)
        (table, column) = next(iter(wide_views()[name].reads_apart.items()), (None, None))
        many = ceil(self._bytes([table], around) / PART_BYTES) if table else 1
        if table is None or many <= 1:
            yield
            return
        rows = f"SELECT * FROM {_rows_of(self._kept[table])} WHERE {_within(around)}"
        for number in range(many):
            view(self._db, table, f"{rows} AND hash({column}) % {many} = {number}")
            yield

    def portions(self, model: Model, days: tuple[date, ...] | None) -> Iterator[tuple[date, ...] | None]:
        """Parts of a gold table's ``days``. During each, the tables that the model reads hold what it takes."""
        tables = scanned(model.full_name) & (self._files.keys() | self._kept.keys())
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

    def _bytes(self, tables: Collection[str], days: Collection[date]) -> float:
        return sum(self._bytes_of[table].get(day, 0) for table in tables for day in days)

    def _of(self, table: str, days: Collection[date] | None) -> list[Path]:
        by_day = self._files[table]
        return [path for day, paths in by_day.items() if days is None or day in days for path in paths]

    def _lay(self, tables: Collection[str], days: Collection[date] | None) -> None:
        for table in tables:
            if table in self._kept:
                view(self._db, table, f"SELECT * FROM {_rows_of(self._kept[table])} WHERE {_within(days)}")
                continue
            rows = scan(self._of(table, days), self._empty[table])
            kept = naming_none(models()[table], "s", _WITHDRAWN) if self._any_withdrawn else "TRUE"
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
            _keep(db, silver, name, needed.get(name, ()), scratch)
    return silver


def _keep(db: duckdb.DuckDBPyConnection, silver: SilverDays, name: str, days: Collection[date], scratch: Path) -> None:
    """Compute a wide view once. Of one whose rows tell their day, portions can be read."""
    files = []
    for number, _ in enumerate(silver.parts(name, days)):
        # Not by day: that would be as many files for each thread, and take half as long again. The rows come nearly in
        # the order of their days, so that whoever reads some skips most of the others.
        files.append(scratch / f"{name}-{number}.parquet")
        db.execute(f"COPY (SELECT * FROM {name}) TO {literal(str(files[-1]))} ({_KEPT_AS})")
    if "day" in {str(column) for column, *_ in db.execute(f"DESCRIBE {name}").fetchall()}:
        silver.add(name, files)
    else:
        view(db, name, f"SELECT * FROM {_rows_of(files)}")


def _rows_of(files: Sequence[Path]) -> str:
    return f"read_parquet({file_list(files)}, hive_partitioning = false)"


def _within(days: Collection[date] | None) -> str:
    """Condition on the column ``day``; the bounds let a reader skip."""
    if not days:
        return "TRUE" if days is None else "FALSE"
    named = ", ".join(f"DATE '{day}'" for day in days)
    return f"day BETWEEN DATE '{min(days)}' AND DATE '{max(days)}' AND day IN ({named})"


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
