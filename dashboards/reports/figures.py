"""The headline numbers of a part."""

from dashboards.reports.data import Figure
from dashboards.reports.scope import Scope
from sql.catalog import metrics

_HEADLINES: tuple[tuple[str, ...], ...] = (
    ("cost_usd",),
    ("cost_per_execution_usd",),
    ("executions",),
    ("error_rate",),
    ("unpriced_tokens",),
    ("latency_p50_ms",),
    ("latency_p95_ms",),
    ("thumbs_up_rate", "average_rating", "evaluation_pass_rate", "implicit_negative_rate"),
    ("active_users",),
    ("sessions",),
)
"""A headline is the first of its metrics that has a value: not every application asks for thumbs."""


def collect_figures(scope: Scope, *, has_previous: bool) -> tuple[Figure, ...]:
    """The headlines that have a value, in the order in which they are read."""
    found = (_first_with_value(scope, names, has_previous) for names in _HEADLINES)
    return tuple(figure for figure in found if figure is not None)


def _first_with_value(scope: Scope, names: tuple[str, ...], has_previous: bool) -> Figure | None:
    for name in names:
        value = _value(scope, name)
        if value is not None:
            previous = _value(scope.before(), name) if has_previous else None
            over_time = scope.metrics_over_time(name)
            return Figure(metrics()[name], value, previous, tuple(over_time.get(start) for start in scope.starts()))
    return None


def _value(scope: Scope, name: str) -> float | None:
    rows = scope.metrics([name])
    value: float | None = rows[0][name] if rows else None
    return value
