"""Committed gold tables as the sorted files that the API reads."""

from collections.abc import Collection
from datetime import date, timedelta

import duckdb

from ingest.contracts import layout
from sql.publication import WHOLE, Part
from sql.records import Model
from transforms.engines.duck import WRITTEN_AS, count, literal, scan
from transforms.engines.duck_gold import empty_gold
from transforms.engines.iceberg import Tables


def extract(
    db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, run: str, months: Collection[str] | None
) -> dict[str, Part]:
    """See :meth:`transforms.engines.protocol.Engine.extract`."""
    if not model.is_daily:
        parts = {WHOLE: _write(db, tables, model, run, WHOLE, scan(tables.files(model), empty_gold(model)))}
    else:
        due = _months(db, tables, model) if months is None else months
        written = {month: _write(db, tables, model, run, month, _of_month(tables, model, month)) for month in due}
        parts = {month: part for month, part in sorted(written.items()) if part.rows}
        tables.warehouse.discard([part.path for part in written.values() if not part.rows])
    tables.warehouse.store([part.path for part in parts.values()])
    return parts


def _months(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model) -> list[str]:
    rows = scan(tables.files(model), empty_gold(model))
    return [month for (month,) in db.execute(f"SELECT DISTINCT strftime(day, '%Y-%m') FROM ({rows})").fetchall()]


def _of_month(tables: Tables, model: Model, month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(31)).replace(day=1) - timedelta(1)
    rows = scan(tables.files_between(model, first, last), empty_gold(model))
    return f"SELECT * FROM ({rows}) WHERE day BETWEEN DATE '{first}' AND DATE '{last}'"


def _write(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, run: str, month: str, rows: str) -> Part:
    path = layout.extract(run, model.name, month)
    target = tables.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    columns, order = ", ".join(model.columns), ", ".join(model.grain)
    copied = f"COPY (SELECT {columns} FROM ({rows}) ORDER BY {order}) TO {literal(str(target))} ({WRITTEN_AS})"
    return Part(path, count(db, copied))
