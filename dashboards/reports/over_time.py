"""The charts over time of a part. Each is None where there is nothing to draw."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from dashboards.reports.data import Chart, Drawn, Series
from dashboards.reports.judge import total
from dashboards.reports.labels import NOT_SET, label, spec
from dashboards.reports.scope import Scope
from sql.catalog import metrics

MODELS_SHOWN = 6
_TOKENS = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)


def cost_by_model(scope: Scope) -> Chart | None:
    """Stacked cost of the dearest models; the others together."""
    values: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in scope.sums("cost_daily", ["cost_usd"], ["model"], over_time=True):
        if row["cost_usd"] is not None:
            values[row["model"] or NOT_SET][row["start"]] += row["cost_usd"]
    ranked = sorted(values, key=lambda model: -sum(values[model].values()))
    # A rest of one model would hide its name for nothing.
    shown = ranked if len(ranked) <= MODELS_SHOWN + 1 else ranked[:MODELS_SHOWN]
    starts = scope.starts()
    series = [Series(m, tuple(values[m].get(s) for s in starts), str(i)) for i, m in enumerate(shown)]
    if rest := ranked[len(shown) :]:
        summed = {start: [values[m][start] for m in rest if start in values[m]] for start in starts}
        series.append(
            Series(f"{len(rest)} other models", tuple(sum(summed[s]) if summed[s] else None for s in starts), "rest")
        )
    cost = metrics()["cost_usd"]
    return _chart(scope, "cost", f"{cost.title} by model", cost.unit, series, "stacked")


def tokens(scope: Scope) -> Chart | None:
    return _summed(scope, "tokens", "Tokens", "cost_daily", dict.fromkeys(_TOKENS, ""), "stacked")


def executions(scope: Scope) -> Chart | None:
    """Executions, and those that failed in front of them."""
    return _of_metrics(scope, "executions", "Executions and errors", {"executions": "0", "errors": "poor"}, "front")


def latency(scope: Scope) -> Chart | None:
    names = {"latency_p99_ms": "rest", "latency_p95_ms": "1", "latency_p50_ms": "0"}
    return _of_metrics(scope, "latency", "Latency", names, "lines")


def feedback(scope: Scope) -> Chart | None:
    tones = {"thumbs_up": "good", "thumbs_down": "poor", "implicit_positive": "4", "implicit_negative": "1"}
    return _summed(scope, "feedback", "Feedback", "quality_daily", tones, "stacked")


def engagement(scope: Scope) -> Chart | None:
    return _of_metrics(
        scope, "engagement", "Sessions and active users", {"sessions": "0", "active_users": "1"}, "lines"
    )


def _summed(scope: Scope, key: str, title: str, table: str, tones: dict[str, str], drawn: Drawn) -> Chart | None:
    rows = {row["start"]: row for row in scope.sums(table, list(tones), over_time=True)}
    series = []
    for number, (column, tone) in enumerate(tones.items()):
        # A day without a single one of these is a day on which nothing of the kind was sent.
        values = tuple(rows[s][column] if s in rows else None for s in scope.starts())
        if total(values):
            series.append(Series(label(column), values, tone or str(number), spec(table, column).description))
    unit = spec(table, next(iter(tones))).unit or ""
    return _chart(scope, key, title, unit, series, drawn)


def _of_metrics(scope: Scope, key: str, title: str, tones: dict[str, str], drawn: Drawn) -> Chart | None:
    series = []
    for name, tone in tones.items():
        found = scope.metrics_over_time(name)
        metric = metrics()[name]
        series.append(Series(metric.title, tuple(found.get(s) for s in scope.starts()), tone, metric.description))
    return _chart(scope, key, title, metrics()[next(iter(tones))].unit, series, drawn)


def _chart(scope: Scope, key: str, title: str, unit: str, series: Sequence[Series], drawn: Drawn) -> Chart | None:
    with_data = tuple(one for one in series if any(value is not None for value in one.values))
    if not any(value for one in with_data for value in one.values):
        return None
    return Chart(key, title, unit, scope.bucket, scope.starts(), with_data, drawn, adds_up=drawn != "lines")
