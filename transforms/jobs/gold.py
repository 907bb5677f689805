"""Silver to gold: only the days that new rows can have changed are computed anew."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from ingest.contracts import layout
from ingest.contracts.envelope import person_fields
from ingest.contracts.registry import EVENTS
from sql.catalog import Model, metrics, models, views
from sql.dialects import table_names, to_duckdb
from sql.prices.daily import COLUMNS, SAID, TABLE, Pricing, Row, daily_prices
from transforms.engines.duck import literal, scan, trino_view, view, with_rows
from transforms.engines.iceberg import Tables
from transforms.jobs.ledger import Booking, Person
from transforms.jobs.silver import empty_query

Days = Mapping[str, Collection[date]]
"""Days by silver table."""

_WRITTEN_AS = "FORMAT parquet, COMPRESSION zstd"
_ARROW = {
    "date": pa.date32(),
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "timestamp(6)": pa.timestamp("us"),
    "bigint": pa.int64(),
    "decimal(13, 12)": pa.decimal128(13, 12),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One gold table's new rows, written but not committed. ``days`` is None where the whole table is replaced."""

    model: Model
    files: tuple[str, ...]
    """Paths relative to the lake; none where no row is left of ``days``."""
    days: tuple[date, ...] | None


@cache
def base_tables(full_name: str) -> frozenset[str]:
    """The silver tables that a table or view is computed from, directly or not."""
    query = views().get(full_name) or (models()[full_name].query if full_name.startswith("gold.") else None)
    if query is None:
        return frozenset({full_name})
    return frozenset().union(*(base_tables(name) for name in table_names(query) if name.split(".")[0] in _STORED))


_STORED = frozenset({"silver", "gold"})


def definitions() -> str:
    """A fingerprint of what gold follows from besides its rows and prices, which are dated by themselves."""
    gold = [(m.full_name, m.query, sorted(m.columns), m.reads_days) for m in models().values() if m.layer == "gold"]
    thresholds = [(m.name, m.good, m.poor) for m in metrics().values()]
    return sha256(repr((gold, sorted(views().items()), thresholds)).encode()).hexdigest()


def in_order() -> tuple[Model, ...]:
    """The gold models, each after those it reads."""
    gold = {name: model for name, model in models().items() if model.layer == "gold"}
    graph = {name: {t for t in table_names(model.query) if t in gold} for name, model in gold.items()}
    return tuple(gold[name] for name in TopologicalSorter(graph).static_order())


def affected_days(model: Model, dirty: Days) -> tuple[date, ...]:
    """The gold days that rows on the ``dirty`` silver days can have changed."""
    reach = range(-model.reads_days.after, model.reads_days.before + 1)
    touched = {day for table in base_tables(model.full_name) for day in dirty.get(table.partition(".")[2], ())}
    return tuple(sorted({day + timedelta(k) for day in touched for k in reach}))


def window(days: Iterable[date], model: Model) -> set[date]:
    """The silver days that gold's ``days`` are computed from."""
    reach = range(-model.reads_days.before, model.reads_days.after + 1)
    return {day + timedelta(k) for day in days for k in reach}


def compute(
    db: duckdb.DuckDBPyConnection,
    tables: Tables,
    dirty: Days,
    staged: Mapping[str, Sequence[str]],
    withdrawn: Iterable[Person],
    pricing: Pricing,
    run: str,
    on_step: Callable[[str], None],
) -> Iterator[Candidate]:
    """Candidates for every daily gold table that ``dirty`` touches, in the order of their dependencies.

    Args:
        dirty: silver days with new rows, by table.
        staged: files of silver rows not yet committed, by table, relative to the lake.
        withdrawn: persons who are not to be analysed; gold is computed as if silver had no row of theirs.
    """
    plan = [(model, days) for model in in_order() if model.is_daily and (days := affected_days(model, dirty))]
    needed: dict[str, set[date]] = {}
    for model, days in plan:
        for table in base_tables(model.full_name):
            needed.setdefault(table, set()).update(window(days, model))
    register_persons(db, "consent.withdrawn", withdrawn)
    _register_silver(db, tables, needed, staged)
    register_prices(db, _prices(db, tables, pricing))
    register_thresholds(db)
    for name, query in views().items():
        trino_view(db, name, query)
    for model, days in plan:
        on_step(model.full_name)
        chosen = ", ".join(f"DATE '{day}'" for day in days)
        candidate = _write(db, tables.root, model, f"day IN ({chosen})", days, run)
        view(db, model.full_name, scan([tables.root / file for file in candidate.files], empty_gold(model)))
        yield candidate


def compute_reconciliation(
    db: duckdb.DuckDBPyConnection, root: Path, bookings: Sequence[Booking], run: str
) -> Candidate:
    """The reconciliation table, whole: it is small and its counts only grow."""
    model = models()["gold.reconciliation"]
    names = ("hour", "event_type", "door", "kind", "count")
    types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    columns = list(zip(*bookings, strict=True)) or [()] * 5
    arrow = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    db.register("booked", arrow)
    view(db, "ledger.booking", "SELECT * FROM booked")
    return _write(db, root, model, "TRUE", None, run)


def empty_gold(model: Model) -> str:
    """SQL of a gold table without a row: its columns and types."""
    typed = (f"CAST(NULL AS {spec.type}) AS {name}" for name, spec in model.columns.items())
    return f"SELECT {', '.join(typed)} WHERE FALSE"


def _write(
    db: duckdb.DuckDBPyConnection, root: Path, model: Model, where: str, days: tuple[date, ...] | None, run: str
) -> Candidate:
    typed = ", ".join(f"CAST({name} AS {spec.type}) AS {name}" for name, spec in model.columns.items())
    query = f"SELECT {typed} FROM ({to_duckdb(model.query)}) WHERE {where}"
    folder = root / layout.table_data(model.layer, model.name)
    folder.mkdir(parents=True, exist_ok=True)
    if model.partition:
        parts = f"PARTITION_BY (day), WRITE_PARTITION_COLUMNS, OVERWRITE_OR_IGNORE, FILENAME_PATTERN '{run}-{{i}}'"
        db.execute(f"COPY ({query}) TO {literal(str(folder))} ({_WRITTEN_AS}, {parts})")
    else:
        order = ", ".join(model.grain)  # whoever reads a few days then skips the others
        db.execute(f"COPY ({query} ORDER BY {order}) TO {literal(str(folder / f'{run}-0.parquet'))} ({_WRITTEN_AS})")
    written = sorted(folder.glob(f"**/{run}-*.parquet"))
    return Candidate(model, tuple(str(path.relative_to(root)) for path in with_rows(db, written)), days)


def _register_silver(
    db: duckdb.DuckDBPyConnection,
    tables: Tables,
    needed: Mapping[str, Collection[date]],
    staged: Mapping[str, Sequence[str]],
) -> None:
    for full_name, model in models().items():
        if model.layer != "silver":
            continue
        committed = tables.files(model, needed[full_name]) if full_name in needed else []
        fresh = [tables.root / path for path in staged.get(model.name, ())]
        view(
            db, full_name, naming(model, "NOT IN", "consent.withdrawn", scan([*committed, *fresh], empty_query(model)))
        )


def register_persons(db: duckdb.DuckDBPyConnection, table: str, persons: Iterable[Person]) -> None:
    """A table of persons: ``environment`` and ``pseudonym``."""
    db.execute(f"CREATE OR REPLACE TABLE {table} (environment VARCHAR, pseudonym VARCHAR)")
    if rows := [list(person) for person in persons]:
        db.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)


def naming(model: Model, how: Literal["IN", "NOT IN"], persons: str, query: str) -> str:
    """The rows of a silver table that name one of some persons, or none of them."""
    joined = " OR " if how == "IN" else " AND "
    # An empty text is nobody's pseudonym; a null would be neither in nor not in.
    named = (
        f"(environment, coalesce({name}, '')) {how} (SELECT environment, pseudonym FROM {persons})"
        for name in person_fields(EVENTS[model.name])
    )
    return f"SELECT * FROM ({query}) WHERE {joined.join(named)}"


def days_naming(db: duckdb.DuckDBPyConnection, tables: Tables, persons: Sequence[Person]) -> dict[str, set[date]]:
    """The silver days, by table, on which one of some persons is named."""
    if not persons:
        return {}
    register_persons(db, "consent.decided", persons)
    days = {}
    for model in models().values():
        if model.layer == "silver" and (files := tables.files(model)):
            rows = naming(model, "IN", "consent.decided", scan(files, empty_query(model)))
            found = db.execute(f"SELECT DISTINCT CAST(occurred_at AS DATE) FROM ({rows})").fetchall()
            days[model.name] = {day for (day,) in found}
    return days


def register_prices(db: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """``price.model_price``, see :mod:`sql.prices.daily`."""
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    # Years of days are some ten thousand rows: bound one by one they would take seconds.
    arrow = pa.table({n: pa.array(c, _ARROW[kind]) for (n, kind), c in zip(COLUMNS.items(), columns, strict=True)})
    db.register("prices", arrow)
    db.execute(f"CREATE OR REPLACE TABLE {TABLE} AS SELECT * FROM prices")


def _prices(db: duckdb.DuckDBPyConnection, tables: Tables, pricing: Pricing) -> list[Row]:
    """What the silver days at hand are priced with: as they were built, or as the book says."""
    said = db.execute(to_duckdb(SAID)).fetchall()
    model = models()["gold.price_daily"]
    built = scan(tables.files(model), empty_gold(model))
    kept = ", ".join(f"DATE '{day}'" for day in sorted({day for day, *_ in said}) if pricing.keeps(day))
    rows = db.execute(f"SELECT {', '.join(COLUMNS)} FROM ({built}) WHERE day IN ({kept})").fetchall() if kept else []
    return daily_prices(said, rows, pricing.book)


def register_thresholds(db: duckdb.DuckDBPyConnection) -> None:
    """``metric.threshold``: the good and poor bounds that metrics declare."""
    db.execute("CREATE OR REPLACE TABLE metric.threshold (metric VARCHAR, good DOUBLE, poor DOUBLE)")
    rows = [(m.name, m.good, m.poor) for m in metrics().values() if m.good is not None]
    db.executemany("INSERT INTO metric.threshold VALUES (?, ?, ?)", rows)
