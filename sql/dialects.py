"""Trino's SQL, as the models are written, in the dialect of the engine at hand."""

from functools import lru_cache

import sqlglot
from sqlglot import exp

SOURCE = "trino"
QUERIES = 1024
"""So many are kept as parsed. The API's are made of what is asked for, and must not fill the memory."""


@lru_cache(maxsize=QUERIES)
def parse(sql: str) -> exp.Expr:
    """One query as a syntax tree. Callers must copy before they change it."""
    return sqlglot.parse_one(sql, read=SOURCE)


@lru_cache(maxsize=QUERIES)
def table_names(sql: str) -> frozenset[str]:
    """The tables a query reads, as ``schema.name``; names of its own CTEs are not among them."""
    return frozenset(f"{t.db}.{t.name}" for t in parse(sql).find_all(exp.Table) if t.db)


def column_names(sql: str) -> tuple[str, ...]:
    """The columns a query names, each once, in the order in which they stand."""
    return tuple(dict.fromkeys(column.name for column in parse(sql).find_all(exp.Column, bfs=False)))


@lru_cache(maxsize=QUERIES)
def to_duckdb(sql: str) -> str:
    """The query in DuckDB's dialect, where it means the same."""
    return parse(sql).transform(_same_meaning).sql("duckdb")


@lru_cache(maxsize=QUERIES)
def to_spark(sql: str) -> str:
    """The query in Spark's dialect, where it means the same; tables stand as :func:`spark_view` names them."""
    return parse(sql).transform(_same_meaning_in_spark).sql("spark")


def spark_view(full_name: str) -> str:
    """What ``silver.feedback`` is called in a Spark session, whose temporary views have no schema."""
    return full_name.replace(".", "__")


def _same_meaning_in_spark(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Table) and node.db:
        return exp.Table(this=exp.to_identifier(spark_view(f"{node.db}.{node.name}")), alias=node.args.get("alias"))
    if isinstance(node, exp.DataType) and node.this == exp.DType.TIMESTAMP:
        # Spark's plain timestamp is an instant shown in the session's zone; Trino's has no zone.
        return exp.DataType(this=exp.DType.TIMESTAMPNTZ)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "from_unixtime_nanos":
        micros = exp.IntDiv(this=node.expressions[0], expression=exp.Literal.number(1000))
        return exp.Anonymous(this="timestamp_micros", expressions=[micros])
    return node


def _same_meaning(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.DateDiff):
        # DuckDB's date_diff counts boundaries crossed, Trino's whole units elapsed; that is DuckDB's date_sub.
        unit = exp.Literal.string(str(node.args["unit"].name).lower())
        return exp.Anonymous(this="date_sub", expressions=[unit, node.expression, node.this])
    if isinstance(node, exp.CountIf):
        # DuckDB's count_if over nothing but nulls is null, Trino's 0.
        return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))
    if isinstance(node, exp.Anonymous) and node.name.lower() == "from_unixtime_nanos":
        micros = exp.IntDiv(this=node.expressions[0], expression=exp.Literal.number(1000))
        return exp.Anonymous(this="make_timestamp", expressions=[micros])
    return node
