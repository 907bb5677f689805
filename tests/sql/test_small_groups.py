"""No group of few people can be had, neither by itself nor as what others leave of a sum."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from sql.small_groups import Key, over, small_groups

VALUES = (("chat", "search", None), ("web", "app"), ("x", "y"))
PEOPLE = st.dictionaries(st.sampled_from(list(product(*VALUES))), st.integers(0, 12), min_size=1)
SMALLEST = 5


def lines(people: Mapping[Key, int]) -> list[tuple[tuple[int, ...], Key]]:
    """Every value of every choice of dimensions."""
    width = len(next(iter(people)))
    chosen = [places for size in range(width) for places in combinations(range(width), size)]
    return [(places, value) for places in chosen for value in over(people, places)]


@given(PEOPLE)
def test_what_is_told_is_of_people_enough(people: dict[Key, int]) -> None:
    folded = small_groups(people, SMALLEST)
    assert {key for key, count in people.items() if count < SMALLEST} <= folded <= people.keys()


@given(PEOPLE)
def test_what_is_folded_along_any_dimension_is_nothing_or_of_people_enough(people: dict[Key, int]) -> None:
    folded = small_groups(people, SMALLEST)
    for places, value in lines(people):
        parts = [key for key in people if tuple(key[place] for place in places) == value]
        counts = [people[key] for key in parts if key in folded]
        assert not counts or max(counts) >= SMALLEST or len(counts) == len(parts)


@given(PEOPLE)
def test_what_an_answer_over_fewer_dimensions_folds_is_no_sum_of_what_this_one_tells(people: dict[Key, int]) -> None:
    folded = small_groups(people, SMALLEST)
    width = len(next(iter(people)))
    for places in (places for size in range(1, width) for places in combinations(range(width), size)):
        for value in small_groups(over(people, places), SMALLEST):
            assert any(tuple(key[place] for place in places) == value for key in folded)


@given(PEOPLE.filter(lambda people: min(people.values()) >= SMALLEST))
def test_large_groups_are_left_alone(people: dict[Key, int]) -> None:
    assert small_groups(people, SMALLEST) == frozenset()


def test_the_smallest_of_those_that_are_told_goes_with_one_that_is_not() -> None:
    people: dict[Key, int] = {("chat",): 90, ("search",): 7, ("draw",): 2}
    assert small_groups(people, SMALLEST) == {("search",), ("draw",)}
    assert small_groups({("chat",): 90}, SMALLEST) == frozenset()
    assert small_groups({("chat",): 4}, SMALLEST) == {("chat",)}
