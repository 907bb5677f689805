"""No group of few people can be had, neither by itself nor as what others leave of a sum."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from sql.small_groups import AS_OTHER, HIDDEN, Counts, Key, fates, over, small_groups

VALUES = (("chat", "search", None), ("web", "app"), ("x", "y"))
TIMES = ("now", "before")
COUNTS = st.dictionaries(st.sampled_from(TIMES), st.integers(0, 12), min_size=1)
PEOPLE = st.dictionaries(st.sampled_from(list(product(*VALUES))), COUNTS, min_size=1)
SMALLEST = 5
LARGE = st.dictionaries(st.sampled_from(TIMES), st.integers(SMALLEST, 12), min_size=1)


def lines(people: Mapping[Key, Counts]) -> list[tuple[tuple[int, ...], Key]]:
    """Every value of every choice of dimensions."""
    width = len(next(iter(people)))
    chosen = [places for size in range(width) for places in combinations(range(width), size)]
    return [(places, value) for places in chosen for value in over(people, places)]


def few(counts: Counts) -> bool:
    return any(count < SMALLEST for count in counts.values())


def of_one_time(counts: Mapping[Key, int]) -> dict[Key, Counts]:
    return {key: {"now": count} for key, count in counts.items()}


@given(PEOPLE)
def test_what_is_told_is_of_people_enough(people: dict[Key, Counts]) -> None:
    folded = small_groups(people, SMALLEST)
    assert {key for key, counts in people.items() if few(counts)} <= folded <= people.keys()


@given(PEOPLE)
def test_what_is_folded_along_any_dimension_is_nothing_or_of_people_enough_at_each_time(
    people: dict[Key, Counts],
) -> None:
    folded = small_groups(people, SMALLEST)
    for places, value in lines(people):
        for time in TIMES:
            parts = [k for k in people if tuple(k[place] for place in places) == value and time in people[k]]
            counts = [people[key][time] for key in parts if key in folded]
            assert not counts or max(counts) >= SMALLEST or len(counts) == len(parts)


@given(PEOPLE)
def test_what_an_answer_over_fewer_dimensions_folds_is_no_sum_of_what_this_one_tells(
    people: dict[Key, Counts],
) -> None:
    folded = small_groups(people, SMALLEST)
    width = len(next(iter(people)))
    for places in (places for size in range(1, width) for places in combinations(range(width), size)):
        for value in small_groups(over(people, places), SMALLEST):
            parts = [key for key in people if tuple(key[place] for place in places) == value]
            for time in {time for key in parts for time in people[key]}:
                assert any(time in people[key] for key in parts if key in folded)


@given(PEOPLE, st.sampled_from([(), (0,), (0, 1)]), st.sampled_from([(), (2,)]))
def test_whatever_is_told_together_is_nothing_or_of_people_enough_at_each_time(
    people: dict[Key, Counts], kept: tuple[int, ...], times: tuple[int, ...]
) -> None:
    becomes = fates(people, small_groups(people, SMALLEST), kept, times, SMALLEST)
    told: dict[Hashable, list[Counts]] = {}
    for key, counts in people.items():
        fate = becomes.get(key)
        as_what = key if fate is None else (*[key[p] for p in kept], *[key[p] for p in times if fate == AS_OTHER])
        if fate != HIDDEN:
            told.setdefault((fate, as_what), []).append(counts)
    for parts in told.values():
        assert not few({time: max(counts.get(time, 0) for counts in parts) for time in {t for c in parts for t in c}})


@given(st.dictionaries(st.sampled_from(list(product(*VALUES))), LARGE, min_size=1))
def test_large_groups_are_left_alone(people: dict[Key, Counts]) -> None:
    assert small_groups(people, SMALLEST) == frozenset()


def test_the_smallest_of_those_that_are_told_goes_with_one_that_is_not() -> None:
    people: dict[Key, int] = {("chat",): 90, ("search",): 7, ("draw",): 2}
    assert small_groups(of_one_time(people), SMALLEST) == {("search",), ("draw",)}
    assert small_groups(of_one_time({("chat",): 90}), SMALLEST) == frozenset()
    assert small_groups(of_one_time({("chat",): 4}), SMALLEST) == {("chat",)}


def test_who_is_of_another_time_hides_nobody() -> None:
    people: dict[Key, Counts] = {("a",): {"now": 10}, ("b",): {"before": 3}, ("c",): {"now": 50, "before": 50}}
    assert small_groups(people, SMALLEST) == {("b",), ("c",)}
