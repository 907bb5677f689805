"""Metrics as an answer needs them: of one table over some days, with groups of few people folded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from serving.logic.asked import Asked
from serving.logic.question import DIMENSIONS, Batch, Question
from serving.logic.refused import bad_request
from sql.folding import Folding, Groups
from sql.periods import BY_DAY, Periods, Span
from sql.publication import Publication
from sql.records import Model

MAX_GROUPS = 20_000
"""More is no answer to a question, and more than a Lambda can hold and sort while somebody waits."""

MAX_DIMENSIONS = 5
"""Each more triples what is compared so that no group of few people comes out of others."""

Row = dict[str, Any]


class Tables(Protocol):
    """One publication, whole: :class:`sql.reader.PublishedTables`."""

    @property
    def publication(self) -> Publication: ...
    def rows(self, trino_sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...
    def metrics(
        self,
        names: Sequence[str],
        group_by: Sequence[str] = (),
        where: str | None = None,
        parameters: Sequence[Any] = (),
        periods: Periods = BY_DAY,
        at_most: int | None = None,
    ) -> list[Row]: ...


class Reading(Protocol):
    """Reads metrics of one table."""

    @property
    def folded(self) -> int:
        """Groups that are not told by themselves."""

    @property
    def has_total(self) -> bool:
        """Whether all that is asked for is told together."""

    def total(self, names: Sequence[str], span: Span) -> Row: ...
    def groups(self, names: Sequence[str], span: Span) -> list[Row]: ...


def reading(batch: Batch, asked: Asked, spans: Sequence[Span], tables: Tables, smallest_group: int) -> Reading:
    """What reads the metrics of a batch, all of whose dimensions that the question restricts its table has.

    Args:
        batch: tells the table.
        asked: what is asked for.
        spans: all the days that are told.
        tables: one publication.
        smallest_group: a group of fewer people is folded.

    Raises:
        RequestRefused: the groups are too many.
    """
    if batch.lacks({*asked.group_by}):
        asked = replace(asked, group_by=())  # which only its total can be told of
    # In one order, whatever the asker's: the same question compiles to the same SQL, which is cached.
    group_by = tuple(dimension for dimension in DIMENSIONS if dimension in asked.group_by)
    if batch.model.people is None:
        return _OfAll(batch.model, asked, group_by, tables)
    return _OfPeople(_folding(batch, asked, group_by, spans, tables, smallest_group))


def check_groups(count: int) -> None:
    """Raises ``RequestRefused`` for more rows than an answer may be made of."""
    if count > MAX_GROUPS:
        raise bad_request(
            "too_many_rows",
            f"That makes more than {MAX_GROUPS} rows; group by less, or restrict the days or dimensions.",
        )


def readings(
    question: Question, asked: Asked, spans: Sequence[Span], tables: Tables, smallest_group: int
) -> list[tuple[Batch, Reading]]:
    """What reads a question's metrics; without those whose table does not have all dimensions that are restricted, for
    unrestricted they would be the answer to another question.
    """
    able = [batch for batch in question.batches if not batch.lacks(asked.restricted)]
    found: dict[tuple[str, tuple[str, ...]], Reading] = {}
    for batch in able:
        if _groups_of(batch) not in found:
            found[_groups_of(batch)] = reading(batch, asked, spans, tables, smallest_group)
    return [(batch, found[_groups_of(batch)]) for batch in able]


def _groups_of(batch: Batch) -> tuple[str, tuple[str, ...]]:
    """What its groups follow from: percentiles of one table are several batches, all of the same groups."""
    return batch.model.name, batch.one_by_one


@dataclass(frozen=True)
class _OfAll:
    """Of a table that is not about people."""

    model: Model
    asked: Asked
    group_by: tuple[str, ...]
    tables: Tables
    folded: int = 0
    has_total: bool = True

    def total(self, names: Sequence[str], span: Span) -> Row:
        (row,) = self.tables.metrics(names, (), *self.asked.where(span, self.model))
        return row

    def groups(self, names: Sequence[str], span: Span) -> list[Row]:
        where, parameters = self.asked.where(span, self.model)
        return self.tables.metrics(names, self.group_by, where, parameters, span.periods, MAX_GROUPS + 1)


class _OfPeople:
    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self.folded, self.has_total = folding.folded, folding.has_total

    def total(self, names: Sequence[str], span: Span) -> Row:
        return self._folding.total(names, span) if self.has_total else dict.fromkeys(names)

    def groups(self, names: Sequence[str], span: Span) -> list[Row]:
        return self._folding.groups(names, span, MAX_GROUPS + 1)


def _folding(
    batch: Batch, asked: Asked, group_by: tuple[str, ...], spans: Sequence[Span], tables: Tables, smallest: int
) -> Folding:
    groups = Groups(batch.model, group_by, dict(asked.filters), smallest, batch.one_by_one)
    if len(groups.dimensions) > MAX_DIMENSIONS:
        message = f"Groups of people take at most {MAX_DIMENSIONS} dimensions, in group_by and as filters together."
        raise bad_request("too_many_dimensions", message)
    folding = Folding(tables.rows, groups, spans, MAX_GROUPS)
    if folding.is_too_much:
        check_groups(MAX_GROUPS + 1)
    return folding
