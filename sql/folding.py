"""Metrics by group, with groups of few people folded: what :mod:`sql.small_groups` decides, done to a table's rows."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sql.compile import condition, metric_query
from sql.periods import DAY, Span
from sql.records import EACH_MAX, Model
from sql.small_groups import (
    AT_ANY_TIME,
    HIDDEN,
    OTHER,
    Counts,
    Fate,
    Key,
    People,
    Places,
    at,
    fates,
    is_enough,
    most,
    over,
    small_groups,
)

Rows = Callable[[str, Sequence[Any]], list[dict[str, Any]]]
"""Runs Trino SQL with ``?`` parameters."""


@dataclass(frozen=True)
class Groups:
    """The groups that are asked for of one table."""

    model: Model
    """One that says how many people its rows are of."""
    group_by: tuple[str, ...]
    filters: Mapping[str, Sequence[str]]
    """Values by dimension; an empty one asks for rows without a value."""
    smallest: int
    apart: tuple[str, ...] = ()
    """Dimensions whose values are never put together: what is asked says nothing over several of them."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Those whose groups could be taken from each other: what is grouped by, then what else is restricted."""
        return tuple(dict.fromkeys([*self.group_by, *self.filters]))

    @property
    def kept(self) -> tuple[str, ...]:
        """Dimensions that a group keeps its values of, whatever becomes of it."""
        return tuple(name for name in self.dimensions if name in self.filters or name in self.apart)

    def places(self, names: Iterable[str]) -> Places:
        return tuple(self.dimensions.index(name) for name in names)

    def fits(self, key: Key) -> bool:
        """Whether a group is one of those that are asked for."""
        values = at(key, self.places(self.filters))
        return all((value or "") in wanted for value, wanted in zip(values, self.filters.values(), strict=True))

    def small(self, people: People, names: Iterable[str]) -> frozenset[Key]:
        """Those of the groups over some dimensions that are to be folded; alike are only those that go together."""
        names = tuple(names)
        alone = tuple(place for place, name in enumerate(names) if name in self.apart)
        others = tuple(place for place, name in enumerate(names) if name not in self.apart)
        told: dict[Key, dict[Key, Key]] = {}
        counted = over(people, self.places(names))
        for key in counted:
            told.setdefault(at(key, alone), {})[at(key, others)] = key
        found: set[Key] = set()
        for alike in told.values():
            folded = small_groups({short: counted[key] for short, key in alike.items()}, self.smallest)
            found |= {alike[short] for short in folded}
        return frozenset(found)

    def fates(self, told: People, small: frozenset[Key]) -> dict[Key, Fate]:
        """What becomes of each of the groups that can't be told by itself."""
        if not self.group_by:
            return {}
        free = [name for name in self.group_by if name not in self.kept and name != DAY]
        times = self.places([DAY]) if free and DAY in self.group_by and DAY not in self.kept else ()
        return fates(told, small, self.places(self.kept), times, self.smallest)


class Folding:
    """The groups of one answer. The spans it compares are folded alike, so that equal groups stand beside each other.

    Args:
        rows: runs queries, all over the same state of the tables.
        asked: what is asked for.
        spans: all the days that are told.
        at_most: raises nothing beyond so many groups; ``is_too_much`` then says so, and nothing else can be asked.
    """

    def __init__(self, rows: Rows, asked: Groups, spans: Sequence[Span], at_most: int) -> None:
        self._rows, self._asked = rows, asked
        people: dict[Key, dict[Hashable, int]] = {}
        at_most_rows = at_most * (EACH_MAX if asked.model.people and asked.model.people.each_of else 1)
        self.is_too_much = False
        for number, span in enumerate(spans):
            counted = self._people(span, at_most_rows + 1)
            for key, each, count in counted:
                people.setdefault(key, {})[number, each] = count
            self.is_too_much |= len(counted) > at_most_rows or len(people) > at_most
        if self.is_too_much:
            return
        restricted = asked.places(asked.filters)
        self._hidden = asked.small(people, asked.filters) if asked.filters else frozenset()
        fitting: dict[Key, Counts] = {key: counts for key, counts in people.items() if asked.fits(key)}
        told = {key: counts for key, counts in fitting.items() if at(key, restricted) not in self._hidden}
        self._has_total = not people or (bool(told) and is_enough(most(told.values()), asked.smallest))
        self._becomes = dict.fromkeys(fitting.keys() - told.keys(), HIDDEN)
        self._becomes |= asked.fates(told, asked.small(people, asked.dimensions))

    @property
    def folded(self) -> int:
        """How many of the groups that are asked for are not told by themselves."""
        return len(self._becomes)

    @property
    def has_total(self) -> bool:
        """Whether what is asked for, taken together, is of people enough to be told, or of none."""
        return self._has_total

    def total(self, names: Sequence[str], span: Span) -> dict[str, Any]:
        """Metrics over all groups. Only where ``has_total``."""
        hidden = dict.fromkeys(self._hidden, HIDDEN)
        source, parameters = self._source(tuple(self._asked.filters), hidden, span)
        (row,) = self._rows(metric_query(names, (), relation=source), parameters)
        return row

    def groups(self, names: Sequence[str], span: Span, at_most: int) -> list[dict[str, Any]]:
        """Metrics by group, whose dimensions are texts."""
        group_by = self._asked.group_by
        source, parameters = self._source(self._asked.dimensions, self._becomes, span)
        keys = {name: self._told(name, span) for name in group_by}
        query = metric_query(names, group_by, relation=source, keys=keys)
        return self._rows(f"{query} LIMIT {at_most}", parameters)

    def _people(self, span: Span, at_most: int) -> list[tuple[Key, Key, int]]:
        """How many people each group has at least, by what is told one at a time."""
        asked, rule = self._asked, self._asked.model.people
        assert rule is not None  # noqa: S101 - see Groups
        where, parameters = condition(span.of(asked.model), {})
        source = f"{asked.model.full_name} WHERE {where}"
        if rule.sum_over:
            apart = [
                column for column in asked.model.grain if column not in rule.sum_over or column in asked.dimensions
            ]
            added = ", ".join([*apart, f"SUM({rule.column}) AS {rule.column}"])
            source = f"(SELECT {added} FROM {source}{_grouped(apart)}) AS t"
        made = [f"{_expression(name, span)} AS {name}" for name in asked.dimensions]
        made += [f"{name} AS each_{name}" for name in rule.each_of]
        # Of a row written before the column was there, nobody knows how many they are.
        told = ", ".join([*made, f"COALESCE(MAX({rule.column}), 0) AS people_at_least"])
        query = f"SELECT {told} FROM {source}{_grouped(made)} HAVING COUNT(*) > 0 LIMIT {at_most}"
        return [
            (
                tuple(_text(row[name]) for name in asked.dimensions),
                tuple(_text(row[f"each_{name}"]) for name in rule.each_of),
                int(row["people_at_least"]),
            )
            for row in self._rows(query, parameters)
        ]

    def _source(self, dimensions: Sequence[str], becomes: Mapping[Key, Fate], span: Span) -> tuple[str, list[Any]]:
        """A relation of the table's rows that are told, as they are. Where any group is not told by itself, each says
        in ``fate`` what becomes of its own.
        """
        asked = self._asked
        where, parameters = condition(span.of(asked.model), asked.filters)
        rows = f"SELECT * FROM {asked.model.full_name} WHERE {where}"
        if not becomes:
            return f"({rows}) AS t", parameters
        key = " || ".join(_spelled(_expression(name, span)) for name in dimensions) or "''"
        entries = [fate + "".join(map(_spell, group)) for group, fate in becomes.items()]
        source = (
            f"(SELECT t.*, SUBSTR(f.entry, 1, 1) AS fate FROM ({rows}) AS t "
            f"LEFT JOIN UNNEST(CAST(? AS ARRAY(VARCHAR))) AS f (entry) ON SUBSTR(f.entry, 2) = {key} "
            f"WHERE f.entry IS NULL OR SUBSTR(f.entry, 1, 1) <> '{HIDDEN}') AS t"
        )
        return source, [*parameters, entries]

    def _told(self, dimension: str, span: Span) -> str:
        """SQL of a dimension as it is told of a row of :meth:`_source`."""
        made = _expression(dimension, span)
        text = made if dimension == DAY else f"CAST({made} AS VARCHAR)"
        if not self._becomes or (dimension != DAY and dimension in self._asked.kept):
            return text
        if dimension == DAY:
            return f"CASE WHEN fate = '{AT_ANY_TIME}' THEN NULL ELSE {text} END"
        return f"CASE WHEN fate IS NULL THEN {text} ELSE '{OTHER}' END"


def _expression(dimension: str, span: Span) -> str:
    return span.periods.expression() if dimension == DAY else dimension


def _grouped(columns: Sequence[str]) -> str:
    return f" GROUP BY {', '.join(str(number + 1) for number in range(len(columns)))}" if columns else ""


def _spelled(expression: str) -> str:
    """SQL of what :func:`_spell` gives for a value."""
    text = f"CAST({expression} AS VARCHAR)"
    return f"CASE WHEN {expression} IS NULL THEN '-' ELSE CAST(LENGTH({text}) AS VARCHAR) || ':' || {text} END"


def _spell(value: str | None) -> str:
    """A value such that a key, which is several of them, can mean one thing only."""
    return "-" if value is None else f"{len(value)}:{value}"


def _text(value: Any) -> str | None:
    return value if value is None else str(value)
