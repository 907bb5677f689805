"""How sure a difference is, from sums alone. See ``docs/adr/0037-experiments-from-sums.md``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

MIN_UNITS = 30
"""With fewer in an arm its mean is not near enough to a normal distribution for an interval."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Sums:
    """What each unit of an arm did, summed up: a numerator ``x`` by a denominator ``y``. Of a mean, ``y`` is 1."""

    units: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float

    @property
    def value(self) -> float | None:
        """The metric; None where nothing was measured."""
        return self.x / self.y if self.y else None

    @property
    def variance(self) -> float | None:
        """Of the value, by the delta method, for it is the units that were drawn and not their acts. None: unknown."""
        value = self.value
        if value is None or self.units < MIN_UNITS:
            return None
        residuals = max(0.0, self.xx - 2 * value * self.xy + value * value * self.yy)
        return self.units / (self.units - 1) * residuals / (self.y * self.y)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two arms: the treatment's value less the control's."""

    value: float
    low: float | None
    high: float | None
    p_value: float | None
    """Two-sided. With the interval None where the arms are too small, or nobody differs from another."""


def difference(control: Sums, treatment: Sums, confidence: float) -> Difference | None:
    """The difference with its confidence interval; None where one of them measured nothing.

    Args:
        confidence: of the interval, between 0 and 1.
    """
    if control.value is None or treatment.value is None:
        return None
    value = treatment.value - control.value
    ours, theirs = treatment.variance, control.variance
    if ours is None or theirs is None or not ours + theirs:
        return Difference(value, None, None, None)
    error = math.sqrt(ours + theirs)
    reach = _NORMAL.inv_cdf((1 + confidence) / 2) * error
    return Difference(value, value - reach, value + reach, math.erfc(abs(value / error) / math.sqrt(2)))


def uneven(counts: Sequence[int], weights: Sequence[float]) -> float | None:
    """How likely counts as uneven as these are, if units fall by their weights: the p-value of Pearson's chi-squared.

    None where there is nothing to compare.
    """
    total = sum(counts)
    if len(counts) < 2 or not total:
        return None
    expected = [total * weight / sum(weights) for weight in weights]
    squares = sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))
    return _chi_squared_above(squares, len(counts) - 1)


def _chi_squared_above(value: float, degrees: int) -> float:
    """The chance of more than ``value``, by the finite series that whole degrees of freedom have."""
    half = value / 2
    if degrees % 2:
        term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
        total, steps = math.erfc(math.sqrt(half)), [step + 1.5 for step in range(1, (degrees - 1) // 2)]
    else:
        term = math.exp(-half)
        total, steps = 0.0, [float(step) for step in range(1, degrees // 2)]
    if degrees > 1:
        total += term
    for step in steps:
        term *= half / step
        total += term
    return min(1.0, total)
