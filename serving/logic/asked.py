"""What a request asks for, read from its parameters. Nothing of it gets into SQL but names that we know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from serving.logic.days import Compared, read_compared, read_date, shown
from serving.logic.paging import DEFAULT_ROWS, Cursor
from serving.logic.question import CHANGES, DAY, Question, change_of
from serving.logic.refused import bad_request
from sql.compile import condition
from sql.periods import Granularity, Span
from sql.records import Model

MAX_VALUES = 100
"""So many values of one dimension may be asked for at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for metrics. ``group_by`` is in the asker's order, ``filters`` (dimension, values) in ours."""

    first: date | None
    last: date | None
    group_by: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    granularity: Granularity | None = None
    """None where days are not grouped by."""
    compare: Compared | None = None
    sort: tuple[str, ...] = ()
    """Columns of the answer; a minus before one turns its order round."""

    @property
    def restricted(self) -> set[str]:
        """All that it restricts by, days apart."""
        return {dimension for dimension, _ in self.filters}

    @property
    def of_one_value(self) -> set[str]:
        """Dimensions that can have one value only in the answer."""
        return {dimension for dimension, values in self.filters if len(values) == 1}

    def where(self, span: Span, model: Model) -> tuple[str, list[Any]]:
        """A condition with placeholders, and their values. An empty text asks for rows that have no value there."""
        return condition(span.of(model), dict(self.filters))


@dataclass(frozen=True, slots=True)
class Page:
    """The part of an answer's rows that is asked for."""

    rows: int = DEFAULT_ROWS
    cursor: Cursor | None = None


def read_parameters(question: Question, given: Mapping[str, Any]) -> Asked:
    """Query parameters by name, as text; what was not given is ``None`` or missing.

    Raises:
        RequestRefused: a date is none, or a dimension or an order unknown.
    """
    group_by = read_names(given.get("group_by") or (), question.dimensions, question.name)
    # A table that is not by day may have a dimension of that name.
    asked_for = given.get("granularity") if question.is_daily else None
    granularity: Granularity | None = asked_for or ("day" if DAY in group_by else None)
    if granularity and DAY not in group_by:
        group_by = (DAY, *group_by)
    compare = read_compared(given.get("compare"))
    return Asked(
        read_date("from", given.get("from")),
        read_date("to", given.get("to")),
        group_by,
        _filters(question, given),
        granularity,
        compare,
        _sort(question, given.get("sort") or (), group_by, is_compared=compare is not None),
    )


def _filters(question: Question, given: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    filters = tuple((name, tuple(dict.fromkeys(given[name]))) for name in question.filters if given.get(name))
    for name, values in filters:
        if len(values) > MAX_VALUES:
            raise bad_request(
                "too_many_values", f"{name} was given {len(values)} values; give at most {MAX_VALUES} at once."
            )
    return filters


def listed(given: Sequence[str]) -> list[str]:
    """Names, as a query lists them: with commas, or repeated."""
    return [name.strip(" ") for text in given for name in text.split(",") if name.strip(" ")]


def read_names(given: Sequence[str], known: Collection[str], asked_of: str) -> tuple[str, ...]:
    """Dimensions, as a query lists them.

    Raises:
        RequestRefused: one of them is unknown.
    """
    names = listed(given)
    for name in names:
        if name not in known:
            message = f"There is no dimension {shown(name)} of {asked_of}; known are {', '.join(known)}."
            raise bad_request("unknown_dimension", message)
    return tuple(dict.fromkeys(names))


def _sort(question: Question, given: Sequence[str], group_by: Sequence[str], *, is_compared: bool) -> tuple[str, ...]:
    changes = [change_of(metric, change) for metric in question.metrics for change in CHANGES] if is_compared else []
    known = {*group_by, *question.metrics, *changes}
    names = listed(given)
    for name in names:
        if name.removeprefix("-") not in known:
            metric = question.metrics[0]
            message = (
                f"The rows can't be sorted by {shown(name)}; name a dimension of group_by, a metric such as {metric}, "
                f"or with compare its change, such as {change_of(metric, CHANGES[1])}."
            )
            raise bad_request("unknown_order", message)
    return tuple(names)
