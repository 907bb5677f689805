"""What a change can carry: whether there is enough behind it, whether chance alone would do, whether it is usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Literal

COUNT_MIN = 30
"""Fewer things than this say nothing about a share or a mean."""

BEYOND_RANK_MIN = 10
"""So many must lie beyond a percentile for it to be more than a few outliers."""

CHANGES_MIN = 4
"""So many earlier changes must be known before one is called usual or not."""

STEADY = 0.01
"""A smaller change, as a share of what was, is none."""

_Z = 1.959964
"""95 in 100."""

Standing = Literal["new", "gone", "few", "steady", "chance", "usual", "clear", "unjudged"]
"""``usual``: as large a change was there in one of the periods before; ``unjudged``: too few of them are known."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a change stands, and the interval that 95 in 100 such samples would lie in where one can be told."""

    standing: Standing
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A value, and what it was counted on. ``successes`` is None where it is no share of them."""

    value: float | None
    count: float
    successes: float | None = None


def judge(
    now: Measured, before: Measured, earlier: Sequence[float | None], *, is_count: bool, rank: float | None = None
) -> Judged:
    """How a change stands.

    Args:
        now: this period.
        before: the one before.
        earlier: values of the periods before that, the newest first; None where there was nothing.
        is_count: whether the value itself counts things that come one by one.
        rank: of a percentile.
    """
    if now.value is None or before.value is None:
        return Judged("gone" if now.value is None else "new")
    needed = COUNT_MIN if rank is None else max(COUNT_MIN, BEYOND_RANK_MIN / (1 - rank))
    if min(now.count, before.count) < needed:
        return Judged("few")
    change = now.value - before.value
    if abs(change) <= STEADY * abs(before.value):
        return Judged("steady")
    interval = _interval(now, before, is_count=is_count)
    if interval is not None and interval[0] <= 0 <= interval[1]:
        return Judged("chance", interval)
    return Judged(_usual(change, [before.value, *earlier]), interval)


def _usual(change: float, values: Sequence[float | None]) -> Standing:
    changes = [abs(newer - older) for newer, older in pairwise(values) if newer is not None and older is not None]
    if len(changes) < CHANGES_MIN:
        return "unjudged"
    return "usual" if abs(change) <= max(changes) else "clear"


def _interval(now: Measured, before: Measured, *, is_count: bool) -> tuple[float, float] | None:
    if now.value is None or before.value is None:
        return None
    change = now.value - before.value
    if is_count:
        margin = _Z * sqrt(max(now.value, 0) + max(before.value, 0))
        return change - margin, change + margin
    if now.successes is None or before.successes is None:
        return None
    # Newcombe's interval for the difference of two shares, of Wilson's for each: right for small ones and near 0 and 1.
    (low_now, high_now), (low_then, high_then) = (wilson(m.successes or 0, m.count) for m in (now, before))
    below = sqrt((now.value - low_now) ** 2 + (high_then - before.value) ** 2)
    above = sqrt((high_now - now.value) ** 2 + (before.value - low_then) ** 2)
    return change - below, change + above


def wilson(successes: float, count: float) -> tuple[float, float]:
    """Between which shares the true one lies, for 95 in 100 samples."""
    share = successes / count
    middle = (share + _Z * _Z / (2 * count)) / (1 + _Z * _Z / count)
    half = _Z * sqrt(share * (1 - share) / count + _Z * _Z / (4 * count * count)) / (1 + _Z * _Z / count)
    return middle - half, middle + half
