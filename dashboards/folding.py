"""What a report may tell of a table that says how many people its rows are of: nothing of few of them, nor a difference
that is of few. See ``docs/adr/0047-groups-of-few-people-are-folded.md``.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sql.records import CountsPeople
from sql.small_groups import HIDDEN, OTHER, Counts, Key, fates, small_groups

Row = Mapping[str, Any]
AT_LEAST = "people_at_least"


@dataclass(frozen=True, slots=True)
class Folded:
    """The groups of a dimension, as SQL over the table's columns."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """What stands for each of the dimension's columns; none where every group is told by itself."""
    where: tuple[str, ...] = ()
    """The condition that leaves out what is not told at all, if anything is."""


def columns_of(rule: CountsPeople) -> list[str]:
    """SQL of what :func:`counted` reads."""
    # Of a row written before the column was there, nobody knows how many they are.
    return [*(f"{name} AS each_{name}" for name in rule.each_of), f"COALESCE(MAX({rule.column}), 0) AS {AT_LEAST}"]


def counted(rows: Iterable[Row], columns: Sequence[str], rule: CountsPeople) -> dict[Key, Counts]:
    """How many people each group has at least, by day and by what is told one at a time."""
    found: dict[Key, dict[Hashable, int]] = {}
    for row in rows:
        each = tuple(row[f"each_{name}"] for name in rule.each_of)
        found.setdefault(tuple(row[column] for column in columns), {})[row["day"], each] = row[AT_LEAST]
    return dict(found)


def folded(people: Mapping[Key, Counts], columns: Sequence[str], smallest: int) -> Folded:
    """What of groups is told, where their total is told too.

    Args:
        people: counts by group, at each of the times that are laid side by side.
        columns: those of the dimension.
        smallest: so many people are enough.
    """
    becomes = fates(people, small_groups(people, smallest), (), (), smallest) if people else {}
    if not becomes:
        return Folded()
    # Named is what is told: what is not is no reader's business.
    told = " OR ".join(_is(columns, key) for key in people if key not in becomes) or "FALSE"
    keys = {column: f"CASE WHEN {told} THEN {column} ELSE '{OTHER}' END" for column in columns}
    return Folded(keys, (f"({told})",) if HIDDEN in becomes.values() else ())


def few_days(rows: Iterable[Row], rule: CountsPeople, smallest: int) -> frozenset[date]:
    """The days of one span that are not told, where their sum is."""
    days: dict[Key, date] = {}
    people: dict[Key, dict[Hashable, int]] = {}
    for row in rows:
        key = (str(row["day"]),)
        days[key] = row["day"]
        people.setdefault(key, {})[tuple(row[f"each_{name}"] for name in rule.each_of)] = row[AT_LEAST]
    return frozenset(days[key] for key in small_groups(people, smallest)) if people else frozenset()


def few(rows: Iterable[Row], smallest: int) -> frozenset[date]:
    """The spans that are not told, by their first day."""
    return frozenset(row["day"] for row in rows if row[AT_LEAST] < smallest)


def _is(columns: Sequence[str], key: Key) -> str:
    each = (
        f"{column} IS NULL" if value is None else f"{column} = {_literal(value)}"
        for column, value in zip(columns, key, strict=True)
    )
    return f"({' AND '.join(each)})"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
