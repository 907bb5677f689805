"""The SQL of the models on DuckDB, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sql.catalog import models, views
from sql.dialects import table_names, to_duckdb
from sql.records import Model
from tests.sql.cases import Case, Input, Row, cases
from transforms.engines.duck import session, trino_view


def on_duckdb(model: Model, inputs: Mapping[str, Input]) -> list[Row]:
    """The model's rows as DuckDB computes them, in the types that it is stored in."""
    db = session(Path())
    try:
        for name, table in inputs.items():
            db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {kind}' for c, kind in table.types.items())})")
            for row in table.rows:
                values = [_stored(row.get(column)) for column in table.types]
                db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)
        known = set(inputs)
        for name, query in views().items():
            if table_names(query) <= known:
                trino_view(db, name, query)
                known.add(name)
        typed = ", ".join(f"CAST({column} AS {spec.type}) AS {column}" for column, spec in model.columns.items())
        found = db.execute(f"SELECT {typed} FROM ({to_duckdb(model.query)})").fetchall()
        return [dict(zip(model.columns, row, strict=True)) for row in found]
    finally:
        db.close()


def _stored(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_model_gives_what_its_case_expects(case: Case) -> None:
    given, expected = case.given_and_expected(on_duckdb)
    assert given == expected


def test_every_gold_model_has_a_case() -> None:
    gold = {model.name for model in models().values() if model.layer == "gold"}
    assert gold - {case.model.name for case in cases()} == set()
