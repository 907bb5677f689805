"""Weeks and months, each day beside one of its own weekday."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.briefs.periods import EARLIER, PeriodError, parse_period, period_of

TODAY = date(2026, 11, 27)
LATE = datetime(2100, 1, 1, tzinfo=UTC)
days = st.dates(date(2000, 2, 1), date(2099, 1, 1))


@given(st.sampled_from(["week", "month"]), days)
def test_each_day_is_compared_with_its_own_weekday_and_none_twice(kind: str, day: date) -> None:
    period = period_of(kind, day, LATE, TODAY)  # type: ignore[arg-type]
    spans = [period.told, *(period.before(n) for n in range(1, EARLIER + 1))]
    assert period.told == period.whole
    assert period.whole.first <= day <= period.whole.last
    for newer, older in pairwise(spans):
        assert newer is not None
        assert older is not None
        assert older.last < newer.first
        assert [d.weekday() for d in older.all_days()] == [d.weekday() for d in newer.all_days()]


def test_the_last_that_is_over_is_told() -> None:
    assert period_of("week", None, LATE, TODAY).whole.first == date(2026, 11, 16)
    assert period_of("week", None, LATE, date(2026, 11, 23)).whole.last == date(2026, 11, 22)
    assert period_of("month", None, LATE, TODAY).whole.last == date(2026, 10, 31)


def test_days_that_are_not_complete_are_left_out_on_both_sides() -> None:
    through = datetime(2026, 11, 19, 10, tzinfo=UTC)
    period = period_of("week", date(2026, 11, 16), through, TODAY)
    assert period.told is not None
    assert (period.told.first, period.told.last) == (date(2026, 11, 16), date(2026, 11, 18))
    assert (period.before().first, period.before().last) == (date(2026, 11, 9), date(2026, 11, 11))
    assert period.is_cut
    assert period_of("week", date(2026, 11, 16), datetime(2026, 11, 16, 5, tzinfo=UTC), TODAY).told is None


@pytest.mark.parametrize(
    "given", ["", "day", "week:", "week:yesterday", "month:2026-13-01", "week:2026-11-28", "year:2026-01-01"]
)
def test_what_is_no_period_is_told_with_an_example(given: str) -> None:
    with pytest.raises(PeriodError, match="give"):
        parse_period(given, TODAY)
    assert parse_period("month:2026-02-28", TODAY) == ("month", date(2026, 2, 28))
