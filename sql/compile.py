"""A metric becomes SQL: the one way from a definition to a number."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlglot import exp

from sql.catalog import CatalogError, metrics, models
from sql.dialects import parse
from sql.periods import BY_DAY, DAY, Periods
from sql.records import Metric, Model


def metric_query(
    names: Sequence[str],
    group_by: Sequence[str] = (),
    where: str | None = None,
    relation: str | None = None,
    table: Model | None = None,
    periods: Periods = BY_DAY,
    keys: Mapping[str, str] = {},
) -> str:
    """Trino SQL for metrics of one table.

    Args:
        names: metrics, all over the same gold table.
        group_by: columns of that table; one row a group, ordered by them.
        where: condition over its columns, values as ``?`` placeholders.
        relation: what to read instead of ``gold.<table>``.
        table: the one of :func:`tables_that_answer` to read; the metrics' own by default.
        periods: what stands for a day where it is grouped by.
        keys: SQL of what stands for other columns there. Metrics see the columns themselves.

    Raises:
        CatalogError: an unknown metric or column, or metrics of different tables.
    """
    chosen = [_metric(name) for name in names]
    model = table or _table_of(chosen)
    if unknown := [column for column in group_by if column not in model.grain]:
        raise CatalogError(f"{model.full_name} can't be grouped by {unknown[0]!r}, only by {', '.join(model.grain)}.")
    source = f"{relation or model.full_name}" + (f" WHERE {where}" if where else "")
    made = _keys(group_by, {DAY: periods.expression()} | dict(keys))
    if any(metric.percentile for metric in chosen):
        return _percentiles(chosen, group_by, source, bool(where), made)
    picked = [*made, *(f"{metric.expression} AS {metric.name}" for metric in chosen)]
    return f"SELECT {', '.join(picked)} FROM {source}{_grouped(group_by)}"


def condition(days: tuple[date, date] | None, filters: Mapping[str, Sequence[str]]) -> tuple[str, list[Any]]:
    """A condition with placeholders, and their values.

    Args:
        days: the first and the last; None where a table is not by day.
        filters: values by dimension, as text; an empty one asks for rows without a value.
    """
    conditions: list[str] = []
    parameters: list[Any] = []
    if days is not None:
        conditions, parameters = [f"{DAY} BETWEEN ? AND ?"], list(days)
    for dimension, wanted in filters.items():
        named = [value for value in wanted if value]
        either = [f"CAST({dimension} AS VARCHAR) IN ({', '.join('?' * len(named))})"] if named else []
        either += [f"{dimension} IS NULL"] if "" in wanted else []
        conditions.append(f"({' OR '.join(either)})")
        parameters += named
    return " AND ".join(conditions) or "TRUE", parameters


def tables_that_answer(
    names: Sequence[str], group_by: Sequence[str] = (), where: str | None = None
) -> tuple[Model, ...]:
    """The tables that give the same values for a question: the metrics' own, then rollups of it that have all it names.

    Raises:
        CatalogError: an unknown metric, or metrics of different tables.
    """
    chosen = [_metric(name) for name in names]
    own = _table_of(chosen)
    named = {*group_by, *_columns(where or "TRUE")}.union(*map(_columns_of, chosen))
    rollups = [m for m in models().values() if m.rollup_of == own.name and named <= set(m.columns)]
    return (own, *rollups)


def _columns_of(metric: Metric) -> frozenset[str]:
    rule = metric.percentile
    return _columns(metric.expression or "", *((rule.of, rule.weight, rule.where) if rule else ()))


def _columns(*expressions: str) -> frozenset[str]:
    query = parse(f"SELECT {', '.join(filter(None, expressions))}")
    return frozenset(column.name for column in query.find_all(exp.Column))


def _table_of(chosen: Sequence[Metric]) -> Model:
    tables = {metric.table for metric in chosen}
    if len(tables) != 1:
        names = ", ".join(metric.name for metric in chosen)
        raise CatalogError(f"The metrics {names} are of different tables: {', '.join(sorted(tables))}.")
    return models()[f"gold.{tables.pop()}"]


def _metric(name: str) -> Metric:
    if name not in metrics():
        raise CatalogError(f"There is no metric {name!r}; known are {', '.join(metrics())}.")
    return metrics()[name]


def _grouped(group_by: Sequence[str]) -> str:
    numbers = ", ".join(str(i + 1) for i in range(len(group_by)))
    return f" GROUP BY {numbers} ORDER BY {numbers}" if group_by else ""


def _keys(group_by: Sequence[str], keys: Mapping[str, str]) -> list[str]:
    made = {column: keys.get(column, column) for column in group_by}
    return [column if key == column else f"{key} AS {column}" for column, key in made.items()]


def _percentiles(
    chosen: Sequence[Metric], group_by: Sequence[str], source: str, has_where: bool, made: Sequence[str]
) -> str:
    rules = {(m.percentile.of, m.percentile.weight, m.percentile.where) for m in chosen if m.percentile}
    if len(rules) != 1 or not all(m.percentile for m in chosen):
        raise CatalogError(
            f"The metrics {', '.join(m.name for m in chosen)} read different distributions; ask for them one by one."
        )
    ((of, weight, condition),) = rules
    keys = "".join(f"{column}, " for column in group_by)
    inner = "".join(f"{key}, " for key in made)
    over = f"PARTITION BY {', '.join(group_by)}" if group_by else ""
    # Nearest rank: the first bucket at which the running count reaches the rank.
    ranks = ", ".join(
        f"MIN(CASE WHEN reached >= {m.percentile.rank} * total THEN bucket END) AS {m.name}"
        for m in chosen
        if m.percentile
    )
    counted = ", ".join(str(number + 1) for number in range(len(group_by) + 1))
    return (
        f"SELECT {keys}{ranks} FROM ("
        f"SELECT {keys}bucket, SUM(weight) OVER ({over} ORDER BY bucket) AS reached, SUM(weight) OVER ({over}) "
        f"AS total FROM (SELECT {inner}{of} AS bucket, SUM({weight}) AS weight FROM {source} "
        f"{'AND' if has_where else 'WHERE'} {condition} GROUP BY {counted}) AS counted) AS ranked{_grouped(group_by)}"
    )
