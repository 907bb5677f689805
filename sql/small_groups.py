"""Groups of few people are told as one, "other", in whatever leaves the lake as an answer or a report.

A group that is hidden alone could be had by taking the others from their sum. So wherever one is hidden, along any of
the dimensions, others are hidden with it until what is hidden together is of enough people; see
``docs/adr/0047-groups-of-few-people-are-folded.md``.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

OTHER = "other"
"""What stands for the groups that are folded."""

SMALLEST_GROUP = 5
"""A group of fewer people is folded, where the owner sets nothing else."""

Key = tuple[str | None, ...]
"""The values of a group's dimensions."""

Counts = Mapping[Hashable, int]
"""How many people a group has at least, in each time that is told. A time of which there is nothing is not in it."""

People = Mapping[Key, Counts]
"""The counts of each group."""

Places = tuple[int, ...]
"""Some of the dimensions, by their place in a key."""

Fate = Literal["o", "t", "h"]
AS_OTHER: Fate = "o"
AT_ANY_TIME: Fate = "t"
"""As other, without its time as well."""
HIDDEN: Fate = "h"
"""Not at all."""


def small_groups(people: People, smallest: int) -> frozenset[Key]:
    """The groups to fold: those of fewer people than ``smallest``, and what has to go with them.

    Args:
        people: every group there is; keys of one length.

    For every value of every choice of the dimensions it holds, at each time, that the groups folded under it are none,
    or one of them has people enough, or none is left to go with them. What an answer over fewer dimensions folds counts
    as folded.
    """
    if all(is_enough(counts, smallest) for counts in people.values()):
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


def fates(people: People, small: frozenset[Key], kept: Places, times: Places, smallest: int) -> dict[Key, Fate]:
    """What becomes of each group that can't be told by itself.

    Args:
        people: the groups that are told at all.
        small: those that are to be folded.
        kept: what a group keeps its values of: only those that have them alike are told together.
        times: where in a key the time stands that others of that time can be told with.
        smallest: so many people are enough.
    """
    alike: dict[Key, dict[Key, Counts]] = {}
    for key, counts in people.items():
        alike.setdefault(at(key, kept), {})[key] = counts
    return {key: fate for found in alike.values() for key, fate in _fates_of(found, small, times, smallest).items()}


def over(people: People, places: Places) -> dict[Key, Counts]:
    """The groups over some of the dimensions: of as many people at least as the largest of their parts."""
    found: dict[Key, dict[Hashable, int]] = {}
    for key, counts in people.items():
        _raise(found.setdefault(at(key, places), {}), counts)
    return dict(found)


def most(counted: Iterable[Counts]) -> Counts:
    """What groups have together at least."""
    found: dict[Hashable, int] = {}
    for counts in counted:
        _raise(found, counts)
    return found


def is_enough(counts: Counts, smallest: int) -> bool:
    """Whether there are people enough, or none, at each time."""
    return all(count >= smallest for count in counts.values())


def at(key: Key, places: Places) -> Key:
    """A group's values of some dimensions."""
    return tuple(key[place] for place in places)


def _raise(found: dict[Hashable, int], counts: Counts) -> None:
    for time, count in counts.items():
        found[time] = max(found.get(time, 0), count)


def _by_size(people: People, key: Key) -> tuple[int, list[tuple[bool, str]]]:
    """An order of groups, the smallest first, that is always the same."""
    return max(people[key].values()), [(value is not None, value or "") for value in key]


def _folded(people: People, below: Mapping[Places, frozenset[Key]], smallest: int) -> frozenset[Key]:
    """What to fold, where ``below`` says what answers over fewer dimensions fold; it must not come back as a sum."""
    folded = {key for key, counts in people.items() if not is_enough(counts, smallest)}
    ranked = sorted(people, key=lambda key: _by_size(people, key)) if below else []
    while more := set(_to_go_with(people, ranked, folded, below, smallest)):
        folded |= more
    return frozenset(folded)


def _to_go_with(
    people: People, ranked: Sequence[Key], folded: set[Key], below: Mapping[Places, frozenset[Key]], smallest: int
) -> Iterator[Key]:
    """Under each value that hides too few at a time, the smallest group of that time that is still shown.

    Args:
        people: every group.
        ranked: their keys, the smallest first.
        folded: those that are hidden already.
        below: what answers over fewer dimensions hide.
        smallest: so many people are enough.
    """
    times = most(people.values()).keys()
    for places, hidden in below.items():
        together: dict[Key, dict[Hashable, int]] = {value: dict.fromkeys(times, 0) for value in hidden}
        for key in folded:
            _raise(together.setdefault(at(key, places), {}), people[key])
        few = {value: [time for time, n in counts.items() if n < smallest] for value, counts in together.items()}
        few = {value: lacking for value, lacking in few.items() if lacking}
        shown: dict[tuple[Key, Hashable], Key] = {}
        for key in ranked if few else ():
            value = at(key, places)
            for time in few.get(value, ()) if key not in folded else ():
                if time in people[key]:
                    shown.setdefault((value, time), key)
        yield from shown.values()


def _fates_of(people: People, small: frozenset[Key], times: Places, smallest: int) -> dict[Key, Fate]:
    rows: dict[Key, list[Key]] = {}
    loose: list[Key] = []
    for key in people:
        if key not in small:
            rows["", *key] = [key]
        elif times:
            rows.setdefault((AS_OTHER, *at(key, times)), []).append(key)
        else:
            loose.append(key)
    size = {row: most(people[key] for key in keys) for row, keys in rows.items()}
    for row in [row for row, counts in size.items() if not is_enough(counts, smallest)]:
        loose += rows.pop(row)
    for time in sorted(most(people[key] for key in loose), key=repr):
        # Any row that is left has people enough wherever it has any.
        having = [row for row in rows if time in size[row]]
        if having and most(people[key] for key in loose)[time] < smallest:
            loose += rows.pop(min(having, key=lambda row: _by_size(size, row)))
    fate = AT_ANY_TIME if is_enough(most(people[key] for key in loose), smallest) else HIDDEN
    others = [key for row, keys in rows.items() if row[0] == AS_OTHER for key in keys]
    return dict.fromkeys(others, AS_OTHER) | dict.fromkeys(loose, fate)
