"""A metric by the values of one dimension."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from dashboards.boards import Told
from dashboards.briefs.asking import Row
from dashboards.briefs.certainty import COUNT_MIN
from dashboards.briefs.data import Part, PartRow
from dashboards.briefs.drivers import Amount, Decomposition, Driver, decompose, gathered, segments_of
from sql.parts import parts_of

SHOWN = 8
CANCELLING = 3
"""Parts that sum to more than so many times the change cancel each other: a share of it says nothing."""


def part_of(
    told: Told, dimension: str, first: date, sums: Sequence[Row], values: Sequence[Row], queries: tuple[int, ...]
) -> Part | None:
    """The rows of one dimension, or None where all is of one value.

    Args:
        told: the metric.
        dimension: by which it is told.
        first: the first day of the period, which tells its rows from those of the one before.
        sums: rows of :meth:`dashboards.briefs.asking.Asker.parts` by the dimension.
        values: of a metric whose parts don't add up, rows of ``values`` by the dimension.
        queries: where all of it was read.
    """
    names = {row[dimension] for row in sums if row[f"{told.metric.name}_count"]}
    if len(names) < 2:
        return None
    if parts_of(told.metric) is None:
        return Part(dimension, tuple(_beside(told, dimension, first, sums, values)[:SHOWN]), None, queries)
    has_by = f"{told.metric.name}_by" in sums[0]
    segments = segments_of(
        ((row[dimension], row["day"] == first, _amount(told, row)) for row in sums),
        Amount(Fraction(0), Fraction(0) if has_by else None),
    )
    apart = gathered(segments, COUNT_MIN, SHOWN)
    found = decompose(dimension, apart) if len(apart) > 1 else None
    return (
        None
        if found is None
        else Part(dimension, tuple(_row(driver, found) for driver in found.drivers), found, queries)
    )


def _row(driver: Driver, whole: Decomposition) -> PartRow:
    now, before = driver.segment.now, driver.segment.before
    has_shares = whole.change and whole.gross <= CANCELLING * abs(whole.change)
    return PartRow(
        name=driver.segment.name,
        now=number(now.value),
        before=number(before.value),
        count=float(now.count),
        part=float(driver.part),
        rate=number(driver.rate),
        mix=number(driver.mix),
        share=float(driver.part / whole.change) if has_shares else None,
        weights=_weights(driver, whole),
    )


def _weights(driver: Driver, whole: Decomposition) -> tuple[float, float] | None:
    sides = [[getattr(other.segment, when).denominator for other in whole.drivers] for when in ("now", "before")]
    if any(below is None for side in sides for below in side):
        return None
    own = driver.segment.now.denominator, driver.segment.before.denominator
    now, before = (float((below or 0) / sum(side)) for below, side in zip(own, sides, strict=True))
    return now, before


def _beside(told: Told, dimension: str, first: date, sums: Sequence[Row], values: Sequence[Row]) -> list[PartRow]:
    name = told.metric.name
    counts = {row[dimension]: float(row[f"{name}_count"] or 0) for row in sums if row["day"] == first}
    by_name: dict[Any, dict[bool, Any]] = {}
    for row in values:
        by_name.setdefault(row[dimension], {})[row["day"] == first] = row[name]
    rows = [
        PartRow(key, number(found.get(True)), number(found.get(False)), counts.get(key, 0.0))
        for key, found in by_name.items()
    ]
    return sorted(rows, key=lambda row: (-row.count, row.name))


def _amount(told: Told, row: Row) -> Amount:
    name = told.metric.name
    below = _exact(row[f"{name}_by"]) if f"{name}_by" in row else None
    return Amount(_exact(row[f"{name}_sum"]), below, _exact(row[f"{name}_count"]))


def _exact(value: Any) -> Fraction:
    return Fraction(value or 0)


def number(value: Any) -> float | None:
    """As figures are shown; sums that must be exact never pass here."""
    return None if value is None else float(value)
