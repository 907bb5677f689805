"""Groups of few people are told as one, "other", in whatever leaves the lake as an answer or a report.

A group that is hidden alone could be had by taking the others from their sum. So wherever one is hidden, along any of
the dimensions, others are hidden with it until what is hidden together is of enough people; see
``docs/adr/0047-groups-of-few-people-are-folded.md``.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

OTHER = "other"
"""What stands for the groups that are folded."""

SMALLEST_GROUP = 5
"""A group of fewer people is folded, where the owner sets nothing else."""

Key = tuple[str | None, ...]
"""The values of a group's dimensions."""

People = Mapping[Key, int]
"""How many people each group has at least."""

Places = tuple[int, ...]
"""Some of the dimensions, by their place in a key."""


def small_groups(people: People, smallest: int) -> frozenset[Key]:
    """The groups to fold: those of fewer people than ``smallest``, and what has to go with them.

    Args:
        people: every group there is; keys of one length.

    For every value of every choice of the dimensions it holds that the groups folded under it are none, or one of them
    has people enough, or none is left to go with them. What an answer over fewer dimensions folds counts as folded.
    """
    if all(count >= smallest for count in people.values()):
        return frozenset()
    width = len(next(iter(people)))
    folded: dict[Places, frozenset[Key]] = {}
    for size in range(width + 1):
        for places in combinations(range(width), size):
            below = {
                tuple(places.index(place) for place in fewer): keys
                for fewer, keys in folded.items()
                if set(fewer) < set(places)
            }
            folded[places] = _folded(over(people, places), below, smallest)
    return folded[tuple(range(width))]


def over(people: People, places: Places) -> dict[Key, int]:
    """The groups over some of the dimensions: of as many people at least as the largest of their parts."""
    found: dict[Key, int] = {}
    for key, count in people.items():
        value = at(key, places)
        found[value] = max(found.get(value, 0), count)
    return found


def at(key: Key, places: Places) -> Key:
    """A group's values of some dimensions."""
    return tuple(key[place] for place in places)


def by_size(people: People, key: Key) -> tuple[int, list[tuple[bool, str]]]:
    """An order of groups, the smallest first, that is always the same."""
    return people[key], [(value is not None, value or "") for value in key]


def _folded(people: People, below: Mapping[Places, frozenset[Key]], smallest: int) -> frozenset[Key]:
    """What to fold, where ``below`` says what answers over fewer dimensions fold; it must not come back as a sum."""
    folded = {key for key, count in people.items() if count < smallest}
    while more := set(_to_go_with(people, folded, below, smallest)):
        folded |= more
    return frozenset(folded)


def _to_go_with(
    people: People, folded: set[Key], below: Mapping[Places, frozenset[Key]], smallest: int
) -> Iterator[Key]:
    """Under each value that hides too few, the smallest group that is still shown."""
    for places, hidden in below.items():
        most = dict.fromkeys(hidden, 0)
        shown: dict[Key, Key] = {}
        for key, count in people.items():
            value = at(key, places)
            if key in folded:
                most[value] = max(most.get(value, 0), count)
            elif value not in shown or by_size(people, key) < by_size(people, shown[value]):
                shown[value] = key
        yield from (shown[value] for value, count in most.items() if count < smallest and value in shown)
