"""The parts of a change sum to the change, exactly, whatever the segments; and no paradox goes untold."""

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from dashboards.briefs.drivers import OTHERS, Amount, Segment, decompose, gathered, total

numbers = st.integers(-1000, 1000).map(lambda n: Fraction(n, 7))
counts = st.integers(0, 1000).map(Fraction)


def amounts(*, is_ratio: bool) -> st.SearchStrategy[Amount]:
    below = counts if is_ratio else st.none()
    return st.builds(Amount, numbers, below, counts)


def segments(*, is_ratio: bool) -> st.SearchStrategy[list[Segment]]:
    values = amounts(is_ratio=is_ratio)
    return st.lists(st.builds(Segment, st.text(max_size=3), values, values), min_size=1, max_size=8)


def ratio(name: str, now: tuple[int, int], before: tuple[int, int]) -> Segment:
    return Segment(name, *(Amount(Fraction(a), Fraction(b), Fraction(b)) for a, b in (now, before)))


@given(segments(is_ratio=True))
def test_mix_and_rate_of_a_ratio_sum_to_its_change(found: list[Segment]) -> None:
    then, now = total(s.before for s in found).value, total(s.now for s in found).value
    assume(then is not None and now is not None)
    told = decompose("model", found)
    assert told is not None
    assert told.change == now - then
    assert sum(driver.part for driver in told.drivers) == told.change
    assert all(driver.rate + driver.mix == driver.part for driver in told.drivers)
    assert sum(driver.expected for driver in told.drivers) == told.change


@given(segments(is_ratio=False))
def test_parts_of_a_sum_sum_to_its_change(found: list[Segment]) -> None:
    told = decompose("model", found)
    assert told is not None
    assert sum(driver.part for driver in told.drivers) == told.change
    assert told.mix is None


@given(segments(is_ratio=True), st.integers(0, 50), st.integers(1, 8))
def test_gathering_small_segments_loses_nothing(found: list[Segment], count_min: int, at_most: int) -> None:
    apart = gathered(found, count_min, at_most)
    assert len(apart) <= at_most + 1
    empty = Amount(Fraction(0), Fraction(0))
    for when in ("now", "before"):
        assert sum((getattr(s, when) for s in apart), empty) == sum((getattr(s, when) for s in found), empty)


@given(segments(is_ratio=True), st.integers(-5, 5).map(Fraction))
def test_the_mix_does_not_depend_on_where_zero_is(found: list[Segment], shift: Fraction) -> None:
    """A score from 1 to 5 and the same from 0 to 4 change for the same reasons."""

    def moved(a: Amount) -> Amount:
        return Amount(a.numerator + shift * (a.denominator or 0), a.denominator, a.count)

    told = decompose("model", found)
    again = decompose("model", [Segment(s.name, moved(s.now), moved(s.before)) for s in found])
    assume(told is not None)
    assert again is not None
    assert again.change == told.change
    by_name = [(d.segment.name, d.part, d.rate, d.mix) for d in told.drivers]
    assert [(d.segment.name, d.part, d.rate, d.mix) for d in again.drivers] == by_name


def test_simpsons_paradox_is_a_matter_of_the_mix() -> None:
    """Both models got better; the whole got worse, for the worse of the two is used far more."""
    told = decompose("model", [ratio("strong", (95, 100), (900, 1000)), ratio("weak", (550, 1000), (50, 100))])
    assert told is not None
    assert told.change < 0
    assert all(driver.rate > 0 for driver in told.drivers)
    assert told.mix is not None
    assert told.mix < told.change


def test_a_segment_of_average_value_may_grow_for_free() -> None:
    told = decompose("model", [ratio("a", (50, 100), (50, 100)), ratio("b", (500, 1000), (5, 10))])
    assert told is not None
    assert told.change == 0
    assert all(driver.part == 0 for driver in told.drivers)


def test_what_changed_alike_everywhere_is_explained_by_nothing() -> None:
    alike = decompose("model", [ratio("a", (60, 100), (50, 100)), ratio("b", (60, 100), (50, 100))])
    apart = decompose("model", [ratio("a", (70, 100), (50, 100)), ratio("b", (50, 100), (50, 100))])
    assert alike is not None
    assert apart is not None
    assert alike.concentration == 0
    assert apart.concentration == Fraction(1, 2)


def test_small_segments_stand_together_under_a_name_that_says_so() -> None:
    found = [ratio("large", (50, 100), (50, 100)), ratio("x", (1, 2), (1, 2)), ratio("y", (1, 2), (1, 2))]
    assert [segment.name for segment in gathered(found, 30, 8)] == ["large", OTHERS]
