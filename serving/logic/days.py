"""Days that are asked for, and those that they are compared with."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from serving.logic.refused import bad_request
from sql.periods import Granularity, Periods, first_day, last_day

MAX_DAYS = 400
"""A year, and a month to compare it with."""

DEFAULT_DAYS = 30
PREVIOUS: Literal["previous"] = "previous"
Compared = date | Literal["previous"]

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self, compared: Compared) -> "DayRange":
        """As many days, beginning on a day, or else those just before.

        Raises:
            RequestRefused: they would not begin before these.
        """
        if not isinstance(compared, date):
            first = date.fromordinal(max(1, self.first.toordinal() - self.days))
        elif compared < self.first:
            first = compared
        else:
            message = f"compare={compared} does not lie before from {self.first}; give an earlier day, or {PREVIOUS}."
            raise bad_request("not_before", message)
        return DayRange(first, first + timedelta(days=self.days - 1))

    def laid_on(self, other: "DayRange", granularity: Granularity) -> Periods:
        """What stands for these days beside those of another range: the first here is the first there."""
        return Periods(granularity, (other.first - self.first).days)

    def cut_off(self, granularity: Granularity) -> list[date]:
        """First days of the periods of which the range has a part only."""
        starts = first_day(self.first, granularity), first_day(self.last, granularity)
        is_cut = starts[0] < self.first, last_day(self.last, granularity) > self.last
        if starts[0] == starts[1]:
            return [starts[0]] if any(is_cut) else []
        return [start for start, cut in zip(starts, is_cut, strict=True) if cut]


def day_range(first: date | None, last: date | None, newest: date) -> DayRange:
    """The range: as given, else ending on the newest day that has data and 30 days long.

    Raises:
        RequestRefused: it is reversed or too long.
    """
    last = last or (newest if first is None else max(newest, first))
    first = first or date.fromordinal(max(1, last.toordinal() - DEFAULT_DAYS + 1))
    if first > last:
        raise bad_request("reversed_range", f"from {first} lies after to {last}; swap them.")
    found = DayRange(first, last)
    if found.days > MAX_DAYS:
        raise bad_request(
            "range_too_long", f"from {first} to {last} are {found.days} days; ask for at most {MAX_DAYS} at once."
        )
    return found


def read_date(name: str, text: str | None) -> date | None:
    """A day as it is written in a query.

    Raises:
        RequestRefused: it is none.
    """
    if text is None:
        return None
    if _ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass  # the 30th of February
    raise bad_request("not_a_date", f"{name}={shown(text)} is not a date; give one such as 2026-03-01.")


def read_compared(text: str | None) -> Compared | None:
    """What days are compared with, as it is written in a query.

    Raises:
        RequestRefused: it is neither a word that we know nor a day.
    """
    return PREVIOUS if text == PREVIOUS else read_date("compare", text)


def shown(text: str) -> str:
    """What was sent, fit for a sentence."""
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")
