"""The tables of a part: the same figures by model, team, template and so on. Each is None where it would be empty."""

from collections.abc import Sequence
from typing import Any

from dashboards.folding import AT_LEAST
from dashboards.reports.data import Column, Table, Vital, Vitals
from dashboards.reports.labels import NOT_SET, column_of, metric_column
from dashboards.reports.scope import Scope
from sql.catalog import metrics
from sql.records import Metric

ROWS_SHOWN, ROWS_SHOWN_HALF = 15, 8
"""Rows of a table across the page, and of one beside a chart."""

_MINOR = frozenset({"input_tokens", "output_tokens", "cost_per_execution_usd", "latency_p95_ms"})
_MODEL = ("model", "provider")
_OPTIONAL = frozenset({"unpriced_tokens", "reported_cost_usd"})
_NO_PRICE = "Not in any cost here; what the source reported stands beside it where it did."


def cost_by_model(scope: Scope) -> Table | None:
    """Our cost beside the one that the sources reported."""
    rows = [row for row in _by_model(scope) if row["cost_usd"] is not None]
    rows.sort(key=lambda row: (-row["cost_usd"], -row["executions"]))
    for row in rows:
        row["difference"] = _difference(row)
    names = ["executions", "input_tokens", "output_tokens", "unpriced_tokens", "cost_usd", "reported_cost_usd"]
    names = [name for name in names if name not in _OPTIONAL or any(row[name] for row in rows)]
    columns = [*_model_columns(), *(_metric_of(name, bar="cost_usd") for name in names)]
    if "reported_cost_usd" in names:
        names.append("difference")
        columns.append(Column("Difference", "difference", "Ours less theirs, as a share of theirs"))
    return _table("models", f"{metrics()['cost_usd'].title} by model", [*_MODEL, *names], columns, rows)


def unpriced(scope: Scope) -> Table | None:
    """The models that the price table does not know, by what they read and wrote."""
    rows = [row for row in _by_model(scope) if row["cost_usd"] is None]
    rows.sort(key=lambda row: (-row["unpriced_tokens"], -row["executions"]))
    names = ["executions", "unpriced_tokens", "reported_cost_usd"]
    names = [name for name in names if name != "reported_cost_usd" or any(row[name] for row in rows)]
    keys = _MODEL if any(row["provider"] for row in rows) else _MODEL[:1]
    columns = [*_model_columns()[: len(keys)], *(_metric_of(name) for name in names)]
    title = "Models without a known price"
    return _table("unpriced", title, [*keys, *names], columns, rows, _NO_PRICE, is_wide=False)


def cost_by_feature(scope: Scope) -> Table | None:
    rows = scope.metrics(["executions", "cost_usd", "cost_per_execution_usd"], ["feature", "team"])
    if not any(row["feature"] or row["team"] for row in rows):
        return None
    rows.sort(key=lambda row: (-(row["cost_usd"] or 0), -row["executions"]))
    title = f"{metrics()['cost_usd'].title} by feature and team"
    return _by_keys("features", title, "cost_daily", ["feature", "team"], rows, bar="cost_usd", is_wide=False)


def environments(scope: Scope) -> Table | None:
    """Cost and errors by environment, where there is more than one."""
    rows = scope.metrics(["executions", "cost_usd"], ["environment"])
    if len(rows) < 2:
        return None
    _beside(rows, scope.metrics(["error_rate"], ["environment"]), ["environment"])
    return _by_keys("environments", "Environments", "cost_daily", ["environment"], rows, bar="cost_usd", is_wide=False)


def templates(scope: Scope) -> Table | None:
    """What each version of a prompt template cost, and what came of it."""
    keys = ["template_id", "template_version"]
    rows = scope.metrics(["executions", "cost_usd", "cost_per_execution_usd"], keys)
    _beside(rows, scope.metrics(["latency_p95_ms"], keys), keys)
    _beside(rows, scope.metrics(["error_rate", "thumbs_up_rate", "evaluation_pass_rate"], keys), keys)
    rows = [row for row in rows if row["template_id"]]
    rows.sort(key=lambda row: -(row.get("executions") or 0))
    shown = rows[:ROWS_SHOWN]
    # Versions of one template stand together, the newest last.
    order = list(dict.fromkeys(row["template_id"] for row in shown))
    shown.sort(key=lambda row: (order.index(row["template_id"]), _natural(row["template_version"] or "")))
    return _by_keys("templates", "Prompt template versions", "cost_daily", keys, [*shown, *rows[ROWS_SHOWN:]])


def evaluations(scope: Scope) -> Table | None:
    columns = ["evaluations", "scored", "score_sum", "passed", "failed"]
    rows = scope.sums("evaluation_daily", columns, ["metric"])
    for row in rows:
        judged = (row["passed"] or 0) + (row["failed"] or 0)
        row["score"] = row["score_sum"] / row["scored"] if row["scored"] else None
        row["rate"] = (row["passed"] or 0) / judged if judged else None
    rows.sort(key=lambda row: -row["evaluations"])
    shown = [
        column_of("evaluation_daily", "metric"),
        column_of("evaluation_daily", "evaluations"),
        Column("Mean score", "number", "On the metric's own scale"),
        metric_column("evaluation_pass_rate", has_bar=True),
    ]
    return _table("evaluations", "Evaluations", ["metric", "evaluations", "score", "rate"], shown, rows, is_wide=False)


def behavior(scope: Scope) -> Table | None:
    """What people did most."""
    keys = ["action", "name", "feature"]
    rows = scope.sums("behavior_daily", ["acts"], keys)
    rows.sort(key=lambda row: -row["acts"])
    keys = [key for key in keys if any(row[key] for row in rows)]
    columns = [*(column_of("behavior_daily", key) for key in keys), column_of("behavior_daily", "acts", has_bar=True)]
    return _table("behavior", "Most used", [*keys, "acts"], columns, rows, is_wide=False)


def web_vitals(scope: Scope) -> Vitals | None:
    """Every web vital that was measured, in the order of the catalog."""
    columns = ["good", "needs_improvement", "poor"]
    counts = {row["name"].lower(): row for row in scope.sums("web_vitals_daily", columns, ["name"])}
    people = {row["each_name"].lower(): row[AT_LEAST] for row in scope.people("web_vitals_daily")}
    told = {name for name in counts if people[name] >= scope.smallest_group}
    found = [metric for metric in metrics().values() if metric.table == "web_vitals_daily" and metric.name in told]
    if not found:
        return None
    # One by one: each is a percentile of its own distribution.
    rows = [_vital(m, counts[m.name], scope.metrics([m.name])[0][m.name]) for m in found]
    return Vitals("Web vitals", tuple(rows))


def _by_model(scope: Scope) -> list[dict[str, Any]]:
    names = ["executions", "input_tokens", "output_tokens", "unpriced_tokens", "cost_usd", "reported_cost_usd"]
    return scope.metrics(names, _MODEL)


def _model_columns() -> list[Column]:
    return [column_of("cost_daily", name, is_minor=name == "provider") for name in _MODEL]


def _metric_of(name: str, bar: str = "") -> Column:
    return metric_column(name, has_bar=name == bar, is_minor=name in _MINOR)


def _vital(metric: Metric, counts: dict[str, Any], p75: float | None) -> Vital:
    return Vital(metric, int(counts["good"]), int(counts["needs_improvement"]), int(counts["poor"]), p75)


def _by_keys(
    key: str,
    title: str,
    table: str,
    keys: list[str],
    rows: list[dict[str, Any]],
    *,
    bar: str = "",
    is_wide: bool = True,
) -> Table | None:
    """A table of metrics by columns of a gold table; a metric that nowhere has a value is left out."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in keys]
    names = [name for name in names if any(row.get(name) is not None for row in rows)]
    columns = [column_of(table, k) for k in keys] + [
        metric_column(n, has_bar=n == bar, is_minor=n in _MINOR) for n in names
    ]
    return _table(key, title, [*keys, *names], columns, rows, is_wide=is_wide)


def _table(
    key: str,
    title: str,
    names: Sequence[str],
    columns: Sequence[Column],
    rows: list[dict[str, Any]],
    note: str = "",
    *,
    is_wide: bool = True,
) -> Table | None:
    if not rows:
        return None
    shown = ROWS_SHOWN if is_wide else ROWS_SHOWN_HALF
    cells = tuple(tuple(_cell(row.get(n), c) for n, c in zip(names, columns, strict=True)) for row in rows[:shown])
    left_out = max(len(rows) - shown, 0)
    return Table(key, title, tuple(columns), cells, note, left_out, is_wide)


def _cell(value: Any, column: Column) -> Any:
    return NOT_SET if value is None and column.unit is None else value


def _difference(row: dict[str, Any]) -> float | None:
    ours, theirs = row["cost_usd"], row["reported_cost_usd"]
    # A partly priced model can't be compared with the whole that the source reports.
    if ours is None or not theirs or row["unpriced_tokens"]:
        return None
    return float((ours - theirs) / theirs)


def _beside(rows: list[dict[str, Any]], more: list[dict[str, Any]], keys: Sequence[str]) -> None:
    """Join ``more`` to ``rows`` by keys; what is only in ``more`` gets a row of its own."""
    known = {tuple(row[key] for key in keys): row for row in rows}
    for extra in more:
        found = known.get(tuple(extra[key] for key in keys))
        if found is None:
            rows.append(extra)
        else:
            found.update(extra)


def _natural(version: str) -> tuple[tuple[int, str], ...]:
    """``v10`` after ``v9``."""
    parts = "".join(c if c.isdigit() else f" {c} " for c in version).split()
    return tuple((int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts)
