"""Sentences about a report as a whole: how fresh it is, and why there may be nothing to tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from dashboards.briefs.data import Status
from dashboards.briefs.periods import Period, Span
from dashboards.reports import units
from sql.publication import State
from sql.records import Metric

LATE, REFUSED = "Late", "Last build refused"
"""What a subject begins with where a report is not of all that it should be of, or may not be of the newest."""


def days(span: Span) -> str:
    """``16 – 22 Nov 2026``, with no more said twice than must be."""
    first, last = span.first, span.last
    if first == last:
        return units.day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {units.day(last)}"
    return (
        f"{first.day} {first:%b} – {units.day(last)}"
        if first.year == last.year
        else f"{units.day(first)} – {units.day(last)}"
    )


def period_name(period: Period) -> str:
    """The period in words."""
    return f"Week of {days(period.whole)}" if period.kind == "week" else f"{period.whole.first:%B %Y}"


def compared_with(period: Period) -> str:
    """What it is laid beside, and how that is fair."""
    if period.oldest is not None and not period.is_known(period.before()):
        return f"compared with nothing: the first day that there are data of is {units.day(period.oldest)}"
    weeks = period.step_days // 7
    moved = "one week" if weeks == 1 else f"{weeks} weeks"
    return f"compared with {days(period.before())}: the same weekdays, {moved} earlier"


def status(state: State, period: Period, today: date, failure: str | None) -> Status:
    """What a reader must know before any number."""
    warnings = [failure] if failure else []
    through = units.instant(state.complete_through)
    is_over = period.whole.last < today
    begins = "This report is late" if is_over else f"The {period.kind} is not over"
    if period.told is None:
        warnings.append(f"{begins}: the lake is complete through {through}, before the first day of it was.")
    elif period.is_cut:
        rest = Span(period.told.last + timedelta(1), period.whole.last)
        left = f"{days(rest)} {'is' if rest.days == 1 else 'are'} not in it"
        warnings.append(f"{begins}: the lake is complete through {through}, so {left}. The same days are compared.")
    trouble = LATE if is_over and period.is_cut else REFUSED if failure else ""
    return Status(state.as_of, state.complete_through, tuple(warnings), trouble)


def with_folded(status: Status, of_few: Sequence[Metric], smallest: int, *, has_folded: bool) -> Status:
    """With what is not told, or not by itself, since too few people are behind it."""
    said = []
    if has_folded:
        said.append(
            f"Groups of fewer than {smallest} people are told as other, with the next larger ones; days and periods "
            "of so few are left out."
        )
    if of_few:
        said.append(f"Not told, since too few people are behind it: {', '.join(metric.title for metric in of_few)}.")
    return replace(status, warnings=(*status.warnings, *said))


def nothing(period: Period, newest: date | None, *, is_of_few: bool) -> str:
    """Why there is nothing to tell of a period."""
    what = days(period.told or period.whole)
    if is_of_few:
        return f"There is nothing of {what} that enough people are behind."
    if newest is None:
        return f"There are no data of {what}, nor of any other day."
    if newest < period.whole.first:
        return f"There are no data of {what}; the newest are of {units.day(newest)}."
    return f"There are no data of {what}."
