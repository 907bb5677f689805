"""Gold tables as Parquet files, which the build commits."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.contracts import layout
from sql.catalog import models
from sql.dialects import to_duckdb
from sql.prices.daily import COLUMNS, SAID, Pricing
from sql.records import Model
from transforms.engines.duck import WRITTEN_AS, empty_rows, literal, scan, view, with_rows
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import Input, model_prices, naming, persons, thresholds
from transforms.engines.protocol import Candidate
from transforms.jobs.ledger import Person


def register(db: duckdb.DuckDBPyConnection, table: Input) -> None:
    """Make a small table of the session."""
    typed = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    db.execute(f"CREATE OR REPLACE TABLE {table.name} ({typed})")
    if not table.rows:
        return
    columns = zip(*table.rows, strict=True)
    db.register("given", pa.table(dict(zip(table.columns, map(list, columns), strict=True))))
    db.execute(f"INSERT INTO {table.name} SELECT * FROM given")
    db.unregister("given")


def register_prices(db: duckdb.DuckDBPyConnection, tables: Tables, pricing: Pricing) -> None:
    """``price.model_price`` for the calls in ``silver.prompt_execution``."""
    said = db.execute(to_duckdb(SAID)).fetchall()
    model = models()["gold.price_daily"]
    days = {day for day, *_ in said if pricing.keeps(day)}
    built = f"SELECT {', '.join(COLUMNS)} FROM ({scan(tables.files(model), empty_gold(model))})"
    kept = db.execute(f"{built} WHERE {_of_days(days)}").fetchall() if days else []
    register(db, model_prices(said, kept, pricing.book))


def register_thresholds(db: duckdb.DuckDBPyConnection) -> None:
    """``metric.threshold``."""
    register(db, thresholds())


def days_naming(db: duckdb.DuckDBPyConnection, tables: Tables, named: Sequence[Person]) -> dict[str, set[date]]:
    """See :meth:`transforms.engines.protocol.Engine.days_naming`."""
    if not named:
        return {}
    register(db, persons("consent.decided", named))
    days = {}
    for model in models().values():
        if model.layer == "silver" and (files := tables.files(model)):
            found = db.execute(
                f"SELECT DISTINCT CAST(s.occurred_at AS DATE) FROM ({scan(files, empty_query(model))}) AS s "
                f"WHERE {naming(model, 's', 'consent.decided')}"
            ).fetchall()
            days[model.name] = {day for (day,) in found}
    return days


def empty_gold(model: Model) -> str:
    """SQL of a gold table without a row: its columns and types."""
    return empty_rows(model.columns)


def rows_of(tables: Tables, candidate: Candidate) -> str:
    """SQL of a candidate's rows."""
    return scan([tables.root / path for path in candidate.written], empty_gold(candidate.model))


def rows_after(tables: Tables, candidate: Candidate) -> str:
    """SQL of a candidate's table as it will be once it is committed."""
    fresh = rows_of(tables, candidate)
    if candidate.days is None:
        return fresh
    before = scan(tables.files(candidate.model), empty_gold(candidate.model))
    return f"SELECT * FROM ({before}) WHERE NOT {_of_days(candidate.days)} UNION ALL BY NAME {fresh}"


def read_gold(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, candidate: Candidate | None) -> None:
    """See :meth:`transforms.engines.protocol.Engine.read_gold`."""
    committed = scan(tables.files(model), empty_gold(model))
    view(db, model.full_name, committed if candidate is None else rows_after(tables, candidate))


def compute(
    db: duckdb.DuckDBPyConnection,
    root: Path,
    model: Model,
    days: tuple[date, ...] | None,
    portions: Iterable[tuple[date, ...] | None],
    run: str,
) -> Candidate:
    """See :meth:`transforms.engines.protocol.Engine.compute`.

    Args:
        portions: parts of ``days``; while one is at hand, the session has what its rows are computed from.
    """
    folder = root / layout.table_data(model.layer, model.name)
    folder.mkdir(parents=True, exist_ok=True)
    for number, portion in enumerate(portions):
        _write(db, folder, model, "TRUE" if portion is None else _of_days(portion), f"{run}-{number}")
    written = with_rows(db, sorted(folder.glob(f"**/{run}-*.parquet")))
    candidate = Candidate(model, tuple(str(path.relative_to(root)) for path in written), days)
    view(db, model.full_name, scan([root / file for file in candidate.written], empty_gold(model)))
    return candidate


def keep_others(
    db: duckdb.DuckDBPyConnection, tables: Tables, candidate: Candidate, locations: Iterable[str], run: str
) -> list[str]:
    """Rows of other days in files that are to go, written again; the path of the file, if there are any.

    A file of a table that is partitioned by day has no rows of other days.
    """
    model, paths = candidate.model, [tables.path_of(location) for location in locations]
    if candidate.days is None or model.partition or not paths:
        return []
    tables.warehouse.fetch(paths)
    rows = scan([tables.root / path for path in paths], empty_gold(model))
    kept = tables.root / layout.table_data(model.layer, model.name) / f"{run}-kept.parquet"
    columns, order = ", ".join(model.columns), ", ".join(model.grain)
    query = f"SELECT {columns} FROM ({rows}) WHERE NOT {_of_days(candidate.days)} ORDER BY {order}"
    db.execute(f"COPY ({query}) TO {literal(str(kept))} ({WRITTEN_AS})")
    return [str(path.relative_to(tables.root)) for path in with_rows(db, [kept])]


def _of_days(days: Iterable[date]) -> str:
    return "day IN ({})".format(", ".join(f"DATE '{day}'" for day in days))


def _write(db: duckdb.DuckDBPyConnection, folder: Path, model: Model, where: str, name: str) -> None:
    typed = ", ".join(f"CAST({name} AS {spec.type}) AS {name}" for name, spec in model.columns.items())
    query = f"SELECT {typed} FROM ({to_duckdb(model.query)}) WHERE {where}"
    if model.partition:
        parts = f"PARTITION_BY (day), WRITE_PARTITION_COLUMNS, OVERWRITE_OR_IGNORE, FILENAME_PATTERN '{name}-{{i}}'"
        db.execute(f"COPY ({query}) TO {literal(str(folder))} ({WRITTEN_AS}, {parts})")
    else:
        order = ", ".join(model.grain)  # whoever reads a few days then skips the others
        db.execute(f"COPY ({query} ORDER BY {order}) TO {literal(str(folder / f'{name}.parquet'))} ({WRITTEN_AS})")
