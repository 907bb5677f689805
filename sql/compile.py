"""A metric becomes SQL: the one way from a definition to a number."""

from collections.abc import Sequence

from sql.catalog import CatalogError, Metric, metrics, models


def metric_query(
    names: Sequence[str], group_by: Sequence[str] = (), where: str | None = None, relation: str | None = None
) -> str:
    """Trino SQL for metrics of one table.

    Args:
        names: metrics, all over the same gold table.
        group_by: columns of that table; one row a group, ordered by them.
        where: condition over its columns, values as ``?`` placeholders.
        relation: what to read instead of ``gold.<table>``.

    Raises:
        CatalogError: an unknown metric or column, or metrics of different tables.
    """
    chosen = [_metric(name) for name in names]
    tables = {metric.table for metric in chosen}
    if len(tables) != 1:
        raise CatalogError(f"The metrics {', '.join(names)} are of different tables: {', '.join(sorted(tables))}.")
    model = models()[f"gold.{tables.pop()}"]
    if unknown := [column for column in group_by if column not in model.grain]:
        raise CatalogError(f"{model.full_name} can't be grouped by {unknown[0]!r}, only by {', '.join(model.grain)}.")
    source = f"{relation or model.full_name}" + (f" WHERE {where}" if where else "")
    if any(metric.percentile for metric in chosen):
        return _percentiles(chosen, group_by, source, bool(where))
    picked = [*group_by, *(f"{metric.expression} AS {metric.name}" for metric in chosen)]
    return f"SELECT {', '.join(picked)} FROM {source}{_grouped(group_by)}"


def _metric(name: str) -> Metric:
    if name not in metrics():
        raise CatalogError(f"There is no metric {name!r}; known are {', '.join(metrics())}.")
    return metrics()[name]


def _grouped(group_by: Sequence[str]) -> str:
    numbers = ", ".join(str(i + 1) for i in range(len(group_by)))
    return f" GROUP BY {numbers} ORDER BY {numbers}" if group_by else ""


def _percentiles(chosen: Sequence[Metric], group_by: Sequence[str], source: str, has_where: bool) -> str:
    rules = {(m.percentile.of, m.percentile.weight, m.percentile.where) for m in chosen if m.percentile}
    if len(rules) != 1 or not all(m.percentile for m in chosen):
        raise CatalogError(
            f"The metrics {', '.join(m.name for m in chosen)} read different distributions; ask for them one by one."
        )
    ((of, weight, condition),) = rules
    keys = "".join(f"{column}, " for column in group_by)
    over = f"PARTITION BY {', '.join(group_by)}" if group_by else ""
    # Nearest rank: the first bucket at which the running count reaches the rank.
    ranks = ", ".join(
        f"MIN(CASE WHEN reached >= {m.percentile.rank} * total THEN bucket END) AS {m.name}"
        for m in chosen
        if m.percentile
    )
    return (
        f"SELECT {keys}{ranks} FROM ("
        f"SELECT {keys}bucket, SUM(weight) OVER ({over} ORDER BY bucket) AS reached, SUM(weight) OVER ({over}) "
        f"AS total FROM (SELECT {keys}{of} AS bucket, SUM({weight}) AS weight FROM {source} "
        f"{'AND' if has_where else 'WHERE'} {condition} GROUP BY {keys}{of}) AS counted) AS ranked{_grouped(group_by)}"
    )
