"""Which parts of a change come from where, so that the parts sum to the change exactly.

A sum changes by what each of its segments adds. One sum by another, R = N / D over segments i, is the mean of their own
rates r weighted by their shares w of D. It changes because rates do, or because the weights do (the mix), and the two
may point apart: every segment can get better while the whole gets worse. So each segment has two parts,

    rate = mean(w) · Δr        mix = Δw · (mean(r) − mean(R))

with means over the two periods. Their sum over the segments is ΔR: the weights sum to one in both periods, so that any
constant may be taken from r in the mix. Taken from it is R: growing counts against a segment only where it is worse
than the whole. A segment that is in one period only has no rate to compare, and all of its part is mix.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

OTHERS = "all others"
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a segment adds to a metric in one period. Fractions, so that nothing is lost to rounding."""

    numerator: Fraction = Fraction(0)
    denominator: Fraction | None = None
    """None where the metric is a plain sum."""
    count: Fraction = Fraction(0)
    """How many things it was counted or measured on."""

    def __add__(self, other: "Amount") -> "Amount":
        both = self.denominator, other.denominator
        below = None if both == (None, None) else (both[0] or Fraction(0)) + (both[1] or Fraction(0))
        return Amount(self.numerator + other.numerator, below, self.count + other.count)

    @property
    def value(self) -> Fraction | None:
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    now: Amount
    before: Amount


@dataclass(frozen=True, slots=True)
class Driver:
    """What one segment did to the whole."""

    segment: Segment
    part: Fraction
    """Of the change; all parts together are the change."""
    rate: Fraction | None = None
    """Of the part: its own value changed. None where the metric is a sum."""
    mix: Fraction | None = None
    """Of the part: its weight changed."""
    expected: Fraction = Fraction(0)
    """The part it would have, had all segments changed alike."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A change by the values of one dimension."""

    dimension: str
    change: Fraction
    drivers: tuple[Driver, ...]
    """The largest parts first."""

    @property
    def concentration(self) -> Fraction:
        """From 0, where all segments changed alike, up: how much of the change is not as it would be then."""
        apart = sum((abs(driver.part - driver.expected) for driver in self.drivers), Fraction(0))
        return apart * _HALF / abs(self.change) if self.change else Fraction(0)

    @property
    def gross(self) -> Fraction:
        """All parts without their signs: far more than the change where they cancel each other."""
        return sum((abs(driver.part) for driver in self.drivers), Fraction(0))

    @property
    def mix(self) -> Fraction | None:
        parts = [driver.mix for driver in self.drivers if driver.mix is not None]
        return sum(parts, Fraction(0)) if parts else None


def decompose(dimension: str, segments: Sequence[Segment]) -> Decomposition | None:
    """The change of the whole by segment; None where the whole has no value in one of the periods."""
    now, before = (total(getattr(segment, when) for segment in segments) for when in ("now", "before"))
    if now.value is None or before.value is None:
        return None
    change = now.value - before.value
    if now.denominator is None:
        found = [_of_sum(segment, change, before) for segment in segments]
    else:
        found = [_of_ratio(segment, now, before) for segment in segments]
    found.sort(key=lambda driver: (-abs(driver.part), driver.segment.name))
    return Decomposition(dimension, change, tuple(found))


def total(amounts: Iterable[Amount]) -> Amount:
    """All of them as one."""
    first, *rest = amounts
    return sum(rest, first)


def gathered(segments: Sequence[Segment], count_min: int, at_most: int) -> list[Segment]:
    """The segments with enough behind them, the largest of them, and the others as one."""
    ranked = sorted(segments, key=lambda s: (-(s.now.count + s.before.count), s.name))
    enough = [max(segment.now.count, segment.before.count) >= count_min for segment in ranked]
    kept = [segment for segment, is_enough in zip(ranked, enough, strict=True) if is_enough]
    rest = [segment for segment, is_enough in zip(ranked, enough, strict=True) if not is_enough]
    kept, rest = kept[:at_most], [s for s in (*kept[at_most:], *rest) if not _is_nothing(s)]
    if not rest:
        return kept
    as_one = Segment(OTHERS, total(s.now for s in rest), total(s.before for s in rest))
    return [*kept, as_one if len(rest) > 1 else rest[0]]


def _is_nothing(segment: Segment) -> bool:
    """Whether it adds nothing in either period, so that it can be left out of every sum."""
    both = (segment.now, segment.before)
    return not any(amount.numerator or amount.denominator or amount.count for amount in both)


def segments_of(rows: Iterable[tuple[str, bool, Amount]], empty: Amount) -> list[Segment]:
    """Segments from rows of a name, whether it is of the period now, and what it adds."""
    by_name: dict[str, dict[bool, Amount]] = {}
    for name, is_now, amount in rows:
        periods = by_name.setdefault(name, {})
        periods[is_now] = periods[is_now] + amount if is_now in periods else amount
    return [Segment(name, found.get(True, empty), found.get(False, empty)) for name, found in by_name.items()]


def _of_sum(segment: Segment, change: Fraction, before: Amount) -> Driver:
    expected = change * segment.before.numerator / before.numerator if before.numerator else Fraction(0)
    return Driver(segment, segment.now.numerator - segment.before.numerator, expected=expected)


def _of_ratio(segment: Segment, now: Amount, before: Amount) -> Driver:
    then_rate, now_rate = before.value or Fraction(0), now.value or Fraction(0)
    weights = _share(segment.before, before), _share(segment.now, now)
    # What it adds to the whole, less what its weight alone would add at the whole's mean rate.
    adds = segment.now.numerator / _below(now) - segment.before.numerator / _below(before)
    part = adds - (then_rate + now_rate) * _HALF * (weights[1] - weights[0])
    own_then, own_now = segment.before.value, segment.now.value
    rate = Fraction(0)
    if own_then is not None and own_now is not None:
        rate = (weights[0] + weights[1]) * _HALF * (own_now - own_then)
    expected = weights[0] * (now_rate - then_rate)
    return Driver(segment, part, rate, part - rate, expected)


def _share(segment: Amount, whole: Amount) -> Fraction:
    return (segment.denominator or Fraction(0)) / _below(whole)


def _below(whole: Amount) -> Fraction:
    assert whole.denominator  # noqa: S101 - the caller has looked: the whole has a value
    return whole.denominator
