"""How to read the numbers: a page for whoever has to act on them, from what each metric says of itself."""

from collections.abc import Iterable

from sql.records import Metric

_INTRODUCTION = """\
# Reading the numbers

<!-- Generated from sql/metrics by `make generate`; edit those, not this page. -->

For each metric what a value means, what moves it, and what to do when it moves for the worse. Reports say the last
beside what got worse ([reports](reports.md)). Where a metric is read from stands in
[the tables' reference](reference/tables.md#metrics).

A change is worth acting on when it is larger than chance and larger than usual; reports judge both. Read a rate beside
what it is a rate of, and a sum beside what made it grow.
"""
_BETTER = {"up": "more is better", "down": "less is better", "neutral": "neither way is better"}


def render(metrics: Iterable[Metric]) -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *map(_metric, sorted(metrics, key=lambda metric: metric.title))])


def _metric(metric: Metric) -> str:
    limits = ""
    if metric.good is not None and metric.poor is not None:
        limits = f" Good from {metric.good:g}, poor beyond {metric.poor:g}."
    return (
        f"## {metric.title}\n\n`{metric.name}`, in {metric.unit}; {_BETTER[metric.direction]}.{limits}\n\n"
        f"- **What it means**: {metric.description}. {metric.means}\n"
        f"- **What moves it**: {metric.moved_by}\n"
        f"- **What to do**: {metric.to_do}\n"
    )
