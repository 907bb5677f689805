"""Days as keys of an answer: by day, ISO week or month, and moved so that two times can be laid side by side."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sql.records import Model

Granularity = Literal["day", "week", "month"]
DAY = "day"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Periods:
    """What stands for each day: the first day of its period, once it is moved.

    Args:
        granularity: weeks begin on Monday; all is UTC.
        moved_days: how many days later the day is taken to be.
    """

    granularity: Granularity = "day"
    moved_days: int = 0

    def expression(self) -> str:
        """Trino SQL, over the column ``day``."""
        moved = f"{DAY} + INTERVAL '{self.moved_days}' DAY" if self.moved_days else DAY
        if self.granularity == "day":
            return f"CAST({moved} AS DATE)" if self.moved_days else DAY
        return f"CAST(date_trunc('{self.granularity}', {moved}) AS DATE)"


BY_DAY = Periods()


@dataclass(frozen=True)
class Span:
    """Some days, both included, and what stands for each where they are grouped by."""

    first: date
    last: date
    periods: Periods

    def of(self, model: Model) -> tuple[date, date] | None:
        """The days of a table; None where it is not by day."""
        return (self.first, self.last) if model.is_daily else None


def first_day(day: date, granularity: Granularity) -> date:
    """The first day of the period that a day lies in."""
    if granularity == "week":
        return date.fromordinal(max(1, day.toordinal() - day.weekday()))
    return day.replace(day=1) if granularity == "month" else day


def last_day(day: date, granularity: Granularity) -> date:
    """The last day of the period that a day lies in."""
    if granularity == "week":
        return date.fromordinal(min(date.max.toordinal(), day.toordinal() + 6 - day.weekday()))
    if granularity == "month":
        return date(day.year, day.month, 31) if day.month == 12 else day.replace(month=day.month + 1, day=1) - _ONE_DAY
    return day
