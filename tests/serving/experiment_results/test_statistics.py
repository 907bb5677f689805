"""The statistics against published worked examples, and against scipy over any numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from serving.logic.experiment_results.statistics import MIN_UNITS, Sums, difference, uneven


def of_mean(units: int, mean: float, deviation: float) -> Sums:
    """An arm of which a publication tells the mean and the standard deviation."""
    squares = deviation**2 * (units - 1) + units * mean**2
    return Sums(units, units * mean, units, squares, units * mean, units)


def of_share(hits: int, units: int) -> Sums:
    return Sums(units, hits, units, hits, hits, units)


def of_pairs(pairs: Sequence[tuple[float, float]]) -> Sums:
    xs, ys = zip(*pairs, strict=True)
    squares = sum(x * x for x in xs), sum(x * y for x, y in pairs), sum(y * y for y in ys)
    return Sums(len(pairs), sum(xs), sum(ys), *squares)


def test_two_means() -> None:
    # NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.3: miles a gallon of cars from the US and from Japan.
    us, japan = of_mean(249, 20.14458, 6.41470), of_mean(79, 30.48101, 6.10771)
    found = difference(japan, us, 0.95)
    assert found is not None
    assert us.variance is not None
    assert japan.variance is not None
    t = found.value / math.sqrt(us.variance + japan.variance)
    assert t == pytest.approx(-12.94627, abs=1e-4), "its statistic without the assumption of equal variances"


def test_two_shares() -> None:
    # Agresti, An Introduction to Categorical Data Analysis, 2.2: heart attacks with placebo and with aspirin.
    found = difference(of_share(104, 11_037), of_share(189, 11_034), 0.95)
    assert found is not None
    assert found.value == pytest.approx(0.0077, abs=5e-5)
    assert (found.low, found.high) == (pytest.approx(0.005, abs=5e-4), pytest.approx(0.011, abs=5e-4))


def test_uneven_arms() -> None:
    # Kohavi, Tang and Xu, Trustworthy Online Controlled Experiments, chapter 21: 821,588 and 815,482 users.
    assert uneven([821_588, 815_482], [1, 1]) == pytest.approx(1.8e-6, abs=5e-8)
    # Mendel's peas, after R. A. Fisher: 9 : 3 : 3 : 1 gives a chi-squared of 0.470 with three degrees of freedom.
    assert uneven([315, 108, 101, 32], [9, 3, 3, 1]) == pytest.approx(0.925, abs=5e-4)


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=9), st.data())
def test_uneven_arms_as_scipy_has_it(counts: list[int], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=len(counts), max_size=len(counts)))
    found = uneven(counts, weights)
    if not sum(counts):
        assert found is None
        return
    expected = [sum(counts) * weight / sum(weights) for weight in weights]
    assert found == pytest.approx(stats.chisquare(counts, expected).pvalue, rel=1e-6, abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-100, 100), min_size=MIN_UNITS, max_size=60), min_size=2, max_size=2))
def test_means_as_scipy_has_them(arms: list[list[float]]) -> None:
    if any(max(arm) - min(arm) < 0.1 for arm in arms):
        return  # all alike: scipy warns of lost digits
    control, treatment = (of_pairs([(value, 1.0) for value in arm]) for arm in arms)
    found, theirs = difference(control, treatment, 0.95), stats.ttest_ind(arms[1], arms[0], equal_var=False)
    assert found is not None
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(theirs.statistic)), rel=1e-4, abs=1e-9)


def test_a_ratio_is_as_sure_as_its_units_are() -> None:
    """In about 95 of 100 repetitions the interval holds the truth, though one's calls are alike."""
    dice, held = random.Random(3), 0  # noqa: S311 - chance that is the same in every run
    for _ in range(400):
        arms = []
        for truth in (0.2, 0.3):
            pairs = []
            for _ in range(80):
                calls, own = dice.randint(1, 30), dice.betavariate(truth * 4, (1 - truth) * 4)
                pairs.append((float(sum(dice.random() < own for _ in range(calls))), float(calls)))
            arms.append(of_pairs(pairs))
        found = difference(*arms, 0.95)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.1 <= found.high
    assert 0.92 <= held / 400 <= 0.98
    # As if each call were a person of its own, it would claim to be surer than it is.
    naive = [of_share(int(arm.x), int(arm.y)).variance or 0 for arm in arms]
    assert all((arm.variance or 0) > 2 * variance for arm, variance in zip(arms, naive, strict=True))


def test_nothing_is_claimed_of_few_or_of_none() -> None:
    few, many, none = of_share(1, MIN_UNITS - 1), of_share(5, MIN_UNITS), Sums(50, 0, 0, 0, 0, 0)
    found = difference(few, many, 0.95)
    assert found is not None
    assert (found.low, found.high, found.p_value) == (None, None, None)
    assert difference(none, many, 0.95) is None
    alike = difference(of_share(0, 99), of_share(0, 99), 0.95)
    assert alike is not None
    assert (alike.value, alike.p_value) == (0.0, None)
    assert uneven([7], [1]) is None
    assert uneven([0, 0], [1, 1]) is None
