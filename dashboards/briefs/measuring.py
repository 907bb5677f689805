"""What a metric was counted or measured on, read from the sums it follows from."""

from collections.abc import Mapping
from typing import Any

from dashboards.boards import Told
from dashboards.briefs.asking import UNCOUNTABLE, count_of
from dashboards.briefs.certainty import Measured
from dashboards.briefs.labels import unit_of
from sql.parts import parts_of


def measured(told: Told, value: float | None, sums: Mapping[str, Any]) -> Measured:
    """A value with how many things are behind it, from a row of :meth:`dashboards.briefs.asking.Asker.parts`."""
    name, parts = told.metric.name, parts_of(told.metric)
    if parts is None and told.metric.unit == "people":
        return Measured(value, value or 0.0)  # each counted once
    count = float(sums.get(f"{name}_count") or 0)
    return Measured(value, count, float(sums.get(f"{name}_sum") or 0) if is_share_of_count(told) else None)


def is_share_of_count(told: Told) -> bool:
    """Whether each of the things that the metric is counted on either has it or has not."""
    parts = parts_of(told.metric)
    if parts is None or parts.denominator is None or told.metric.unit != "share":
        return False
    columns = told.table.columns
    above = {columns[name].unit for name in parts.of_numerator()}
    return above == {columns[name].unit for name in parts.columns()} and not above & UNCOUNTABLE


def count_unit(told: Told) -> str:
    """What is counted, in words: calls, answers, page loads."""
    parts, columns = parts_of(told.metric), told.table.columns
    rule = told.metric.percentile
    if rule is not None:
        return unit_of(columns[rule.weight].unit)
    if parts is None and told.metric.unit == "people":
        return unit_of(told.metric.unit)
    if parts is not None and count_of(told, parts) in (parts.numerator, parts.denominator):
        # Columns without a unit only choose rows.
        return unit_of(next(iter(sorted(filter(None, (columns[name].unit for name in parts.columns())))), None))
    return unit_of("executions" if "executions" in columns else "rows")
