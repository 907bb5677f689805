"""A model's own query as Trino runs it: over the lake's tables, with all that a job lays out beside them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from sql.catalog import models, views
from sql.dialects import parse
from sql.records import Model
from transforms.engines.inputs import Input, naming_none

KEPT = "iceberg.kept"
"""Where views stand that are computed once."""


def query(model: Model, inputs: Mapping[str, Input], kept: Collection[str] = ()) -> str:
    """Trino's SQL for all of a table's rows, columns as the model has them."""
    typed = ", ".join(f"CAST({n} AS {c.type}) AS {n}" if c.type else n for n, c in model.columns.items())
    return f"SELECT {typed} FROM ({laid_out(model.query, inputs, kept)}) AS computed"


def laid_out(trino_sql: str, inputs: Mapping[str, Input], kept: Collection[str] = ()) -> str:
    """A query with what it reads in place: views as they are written, small tables as their values.

    Args:
        kept: views that stand in ``KEPT``.
    """

    def put(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Table) or not node.db:
            return node
        name = f"{node.db}.{node.name}"
        if node.db == "bronze":
            return exp.to_table(f"hive.{name}", alias=node.alias or None)
        if name in models() and node.db == "gold":
            return node
        if name in kept:
            return exp.to_table(f"{KEPT}.{node.name}", alias=node.alias_or_name)
        inner = laid_out(views()[name], inputs, kept) if name in views() else _rows(name, inputs)
        return parse(f"SELECT * FROM ({inner}) AS t").find(exp.Subquery).copy().as_(node.alias_or_name)  # type: ignore[union-attr]

    return parse(trino_sql).copy().transform(put).sql("trino")


def _rows(name: str, inputs: Mapping[str, Input]) -> str:
    if name in inputs:
        return _values(inputs[name])
    persons = f"({_values(inputs['consent.withdrawn'])})"
    return f"SELECT * FROM iceberg.{name} AS s WHERE {naming_none(models()[name], 's', persons)}"


def _values(table: Input) -> str:
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in table.columns.items())
    names = ", ".join(table.columns)
    if not table.rows:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in table.columns.items())
        return f"SELECT {nothing} WHERE FALSE"
    rows = ", ".join(f"({', '.join(map(_literal, row))})" for row in table.rows)
    return f"SELECT {typed} FROM (VALUES {rows}) AS given ({names})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"CAST('{value.isoformat(' ')}' AS TIMESTAMP(6))"
    if isinstance(value, date):
        return f"DATE '{value}'"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
