"""What a request asks for, read from its parameters. Nothing of it gets into SQL but names that we know."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serving.logic.question import DAY, Question
from serving.logic.refused import bad_request

MAX_DAYS = 400
"""A year, and a month to compare it with."""

DEFAULT_DAYS = 30
MAX_VALUES = 100
"""So many values of one dimension may be asked for at once."""

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for metrics. ``group_by`` is in the asker's order, ``filters`` (dimension, values) in ours."""

    first: date | None
    last: date | None
    group_by: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]

    def days(self, newest: date) -> DayRange:
        """The range: as given, else ending on the newest day that has data and 30 days long.

        Raises:
            RequestRefused: it is reversed or too long.
        """
        last = self.last or (newest if self.first is None else max(newest, self.first))
        first = self.first or date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
        if first > last:
            raise bad_request("reversed_range", f"from {first} lies after to {last}; swap them.")
        days = (last - first) // timedelta(days=1) + 1
        if days > MAX_DAYS:
            raise bad_request(
                "range_too_long", f"from {first} to {last} are {days} days; ask for at most {MAX_DAYS} at once."
            )
        return DayRange(first, last)

    @property
    def restricted(self) -> set[str]:
        """All that it restricts by, days apart."""
        return {dimension for dimension, _ in self.filters}

    def where(self, days: DayRange) -> tuple[str, list[Any]]:
        """A condition with placeholders, and their values. An empty text asks for rows that have no value there."""
        parameters: list[Any]
        conditions, parameters = [f"{DAY} BETWEEN ? AND ?"], [days.first, days.last]
        for dimension, wanted in self.filters:
            named = [value for value in wanted if value]
            either = [f"{dimension} IN ({', '.join('?' * len(named))})"] if named else []
            either += [f"{dimension} IS NULL"] if "" in wanted else []
            conditions.append(f"({' OR '.join(either)})")
            parameters += named
        return " AND ".join(conditions), parameters


def read_parameters(question: Question, given: Mapping[str, Any]) -> Asked:
    """Query parameters by name, as text; what was not given is ``None`` or missing.

    Raises:
        RequestRefused: a date is none, or a dimension unknown.
    """
    filters = tuple((name, tuple(dict.fromkeys(given[name]))) for name in question.filters if given.get(name))
    for name, values in filters:
        if len(values) > MAX_VALUES:
            raise bad_request(
                "too_many_values", f"{name} was given {len(values)} values; give at most {MAX_VALUES} at once."
            )
    return Asked(
        _date("from", given.get("from")),
        _date("to", given.get("to")),
        _group_by(question, given.get("group_by") or ()),
        filters,
    )


def shown(text: str) -> str:
    """What was sent, fit for a sentence."""
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")


def _date(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    if _ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass  # the 30th of February
    raise bad_request("not_a_date", f"{name}={shown(text)} is not a date; give one such as 2026-03-01.")


def _group_by(question: Question, given: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip(" ") for text in given for name in text.split(",") if name.strip(" ")]
    for name in names:
        if name not in question.dimensions:
            known = ", ".join(question.dimensions)
            message = f"There is no dimension {shown(name)} of {question.name}; known are {known}."
            raise bad_request("unknown_dimension", message)
    return tuple(dict.fromkeys(names))
