"""What a value means: good or poor, better or worse."""

from collections.abc import Sequence

from dashboards.reports.data import Cell, Column, Figure, Verdict
from sql.records import Metric

DIFFERENCE_TOLD = 0.01
"""Share above which our cost and the reported one count as different."""


def verdict(metric: Metric, value: float | None) -> Verdict | None:
    """How a value stands to the metric's thresholds; None without a value or thresholds."""
    if value is None or metric.good is None or metric.poor is None:
        return None
    sign = -1 if metric.direction == "down" else 1
    if sign * value >= sign * metric.good:
        return "good"
    return "poor" if sign * value < sign * metric.poor else "fair"


def is_better(figure: Figure) -> bool | None:
    """Whether the change from the previous period is for the better; None where there is none, or no better."""
    if figure.value is None or figure.previous is None or figure.metric.direction == "neutral":
        return None
    if figure.value == figure.previous:
        return None
    return (figure.value > figure.previous) == (figure.metric.direction == "up")


def tone_of(column: Column, value: Cell) -> Verdict | None:
    """How a cell is coloured: by its metric's thresholds, or where ours and the reported cost differ."""
    if value is None or isinstance(value, str):
        return None
    if column.metric is not None:
        return verdict(column.metric, float(value))
    if column.unit == "difference" and abs(float(value)) > DIFFERENCE_TOLD:
        return "fair"
    return "poor" if column.unit == "gap" and value else None


def total(values: Sequence[float | None]) -> float:
    return sum(value for value in values if value is not None)
