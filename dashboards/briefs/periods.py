"""The week or month that a report is of, and those it is laid beside, weekday by weekday."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from sql.periods import Periods, first_day, last_day

Kind = Literal["week", "month"]
EARLIER = 8
"""So many periods before are looked at, to know what is usual."""

_GIVEN = re.compile(r"(week|month)(?::(\d{4}-\d\d-\d\d))?")
_DAY = timedelta(days=1)


class PeriodError(ValueError):
    """What was given names no period; the message says what does."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def moved(self, days: int) -> "Span":
        return Span(self.first + timedelta(days), self.last + timedelta(days))

    def all_days(self) -> list[date]:
        return [self.first + timedelta(n) for n in range(self.days)]


@dataclass(frozen=True, slots=True)
class Period:
    """A week from Monday or a calendar month, and how much of it can be told."""

    kind: Kind
    whole: Span
    told: Span | None
    """The days of it that the data are complete for; None where there is none yet."""
    oldest: date | None = None
    """The first day that there are data of, if any. What began before it is known in part, and not compared."""

    @property
    def step_days(self) -> int:
        """By how much others are moved: whole weeks, so that each day stands beside one of its own weekday."""
        return -(-self.whole.days // 7) * 7

    def before(self, periods: int = 1) -> Span:
        """The same days so many periods earlier."""
        return (self.told or self.whole).moved(-periods * self.step_days)

    def is_known(self, span: Span) -> bool:
        """Whether there may be data of all its days."""
        return self.oldest is not None and span.first >= self.oldest

    @property
    def is_cut(self) -> bool:
        return self.told != self.whole


def parse_period(given: str, today: date) -> tuple[Kind, date | None]:
    """``week``, ``month``, or one of them with a day of it: ``week:2026-11-20``.

    Raises:
        PeriodError: it is neither, or its day lies ahead.
    """
    found = _GIVEN.fullmatch(given)
    try:
        day = date.fromisoformat(found[2]) if found and found[2] else None
    except ValueError:
        found = None
    if found is None:
        raise PeriodError(f"{given!r} is no period; give week, month, or one with a day of it such as week:2026-11-20.")
    if day is not None and (day > today or day.year < 2000):
        raise PeriodError(f"{given!r} lies ahead or long ago; give a day from 2000 up to {today}.")
    return ("week" if found[1] == "week" else "month"), day


def period_of(kind: Kind, day: date | None, complete_through: datetime, today: date) -> Period:
    """The period that a day lies in, or the last that is over.

    Args:
        complete_through: as published; days that end after it are left out.
        today: on which it is asked for.
    """
    if day is None:
        day = first_day(today, kind) - _DAY
    whole = Span(first_day(day, kind), last_day(day, kind))
    last = min(whole.last, complete_through.date() - _DAY)
    return Period(kind, whole, replace(whole, last=last) if last >= whole.first else None)


@dataclass(frozen=True, slots=True)
class InSpans(Periods):
    """Stands for a day with the first day of the span it lies in; with null where it lies in none."""

    spans: tuple[Span, ...] = ()

    def expression(self) -> str:
        whens = " ".join(
            f"WHEN day BETWEEN DATE '{s.first}' AND DATE '{s.last}' THEN DATE '{s.first}'" for s in self.spans
        )
        return f"CASE {whens} END"
