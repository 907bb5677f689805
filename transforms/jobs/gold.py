"""Silver to gold: only the days that new rows can have changed are computed anew."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
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
from sql.prices.resolve import resolve
from sql.prices.table import load_prices
from transforms.engines.duck import empty_rows, literal, scan, trino_view, view, with_rows
from transforms.engines.iceberg import Tables
from transforms.jobs.ledger import Booking, Person
from transforms.jobs.silver import empty_query

Days = Mapping[str, Collection[date]]
"""Days by silver table."""

_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - SQL's TIMESTAMP has no zone; ours are UTC


_WRITTEN_AS = "FORMAT parquet, COMPRESSION zstd"


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
    """A fingerprint of everything that gold follows from besides its rows."""
    gold = [(m.full_name, m.query, sorted(m.columns), m.reads_days) for m in models().values() if m.layer == "gold"]
    thresholds = [(m.name, m.good, m.poor) for m in metrics().values()]
    return sha256(repr((gold, sorted(views().items()), thresholds, load_prices())).encode()).hexdigest()


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
    register_prices(db)
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


def rows_of(tables: Tables, candidate: Candidate) -> str:
    """The relation of a candidate's rows."""
    return f"({scan([tables.root / path for path in candidate.files], empty_gold(candidate.model))})"


def as_committed(tables: Tables, candidate: Candidate) -> str:
    """The relation of a candidate's table as it will be once it is committed."""
    fresh = rows_of(tables, candidate)
    if candidate.days is None:
        return fresh
    replaced = ", ".join(f"DATE '{day}'" for day in candidate.days)
    before = scan(tables.files(candidate.model), empty_gold(candidate.model))
    return f"(SELECT * FROM ({before}) WHERE day NOT IN ({replaced}) UNION ALL BY NAME FROM {fresh})"


def empty_gold(model: Model) -> str:
    """SQL of a gold table without a row: its columns and types."""
    return empty_rows(model.columns)


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


def register_prices(db: duckdb.DuckDBPyConnection) -> None:
    """``price.model_price``: for each provider and model as events say them, the dated prices that apply."""
    said = db.execute("SELECT DISTINCT coalesce(provider, ''), model FROM silver.prompt_execution").fetchall()
    prices = load_prices()
    by_key: dict[tuple[str, str], list[int]] = {}
    for index, price in enumerate(prices):
        by_key.setdefault((price.provider, price.model), []).append(index)
    db.execute(
        """CREATE OR REPLACE TABLE price.model_price (said_provider VARCHAR, said_model VARCHAR, provider VARCHAR,
        model VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, input_usd DECIMAL(18, 12),
        cache_read_usd DECIMAL(18, 12), cache_write_5m_usd DECIMAL(18, 12), cache_write_1h_usd DECIMAL(18, 12),
        output_usd DECIMAL(18, 12))"""
    )
    rows: list[tuple[str | datetime | Decimal, ...]] = []
    for provider, name in said:
        key = resolve(provider or None, name, prices)
        for index in by_key[key] if key else ():
            p = prices[index]
            bounds = (_naive(p.valid_from) or _FIRST, _naive(p.valid_to) or _LAST)
            rows.append((provider, name, p.provider, p.model, *bounds, *p[4:9]))
    if rows:
        db.executemany(f"INSERT INTO price.model_price VALUES ({', '.join('?' * 11)})", rows)


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def register_thresholds(db: duckdb.DuckDBPyConnection) -> None:
    """``metric.threshold``: the good and poor bounds that metrics declare."""
    db.execute("CREATE OR REPLACE TABLE metric.threshold (metric VARCHAR, good DOUBLE, poor DOUBLE)")
    rows = [(m.name, m.good, m.poor) for m in metrics().values() if m.good is not None]
    db.executemany("INSERT INTO metric.threshold VALUES (?, ?, ?)", rows)
