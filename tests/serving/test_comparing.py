"""Time in days, weeks and months, beside the time before, in the order that is asked for."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.periods import first_day
from tests.serving.lakes import EXAMPLE, Api, Row, cost

APRIL = date(2026, 4, 1)


def of_days(**executions: int) -> list[Row]:
    """Rows of a feature ``chat``: ``d5=3`` says that there were three executions on the fifth of April."""
    return [cost(APRIL + timedelta(int(day[1:]) - 1), "chat", "m", executions=n) for day, n in executions.items()]


def told(api: Api, *columns: str, **parameters: str) -> list[tuple[object, ...]]:
    answer = api.get("/analytics/costs", **parameters)
    assert answer.status == 200, answer.json
    return [tuple(row[column] for column in columns) for row in answer.json["rows"]]


@pytest.fixture
def april(api: Api) -> Api:
    api.publish({"cost_daily": of_days(d1=1, d5=2, d6=4, d7=8, d13=16, d30=32)})
    return api


def test_weeks_begin_on_monday_and_months_on_the_first(april: Api) -> None:
    weeks = told(april, "day", "executions", granularity="week", from_="2026-03-01", to="2026-04-30")
    # The fifth of April 2026 is a Sunday.
    assert weeks == [("2026-03-30", 3), ("2026-04-06", 12), ("2026-04-13", 16), ("2026-04-27", 32)]
    assert told(april, "day", "executions", granularity="month", from_="2026-03-01", to="2026-04-30") == [
        ("2026-04-01", 63)
    ]
    assert told(april, "day", "executions", granularity="day", to="2026-04-05") == [
        ("2026-04-01", 1),
        ("2026-04-05", 2),
    ]


def test_time_comes_first_unless_it_is_named_elsewhere(april: Api) -> None:
    def group_by(**parameters: str) -> object:
        return april.get("/analytics/costs", granularity="week", **parameters).json["group_by"]

    assert group_by(group_by="feature") == ["day", "feature"]
    assert group_by(group_by="feature,day") == ["feature", "day"]
    assert april.get("/analytics/costs", group_by="day").json["granularity"] == "day"


def test_a_period_that_the_range_cuts_is_told(april: Api) -> None:
    def cut_off(**parameters: str) -> object:
        return april.get("/analytics/costs", **parameters).json["cut_off"]

    assert cut_off(granularity="week", from_="2026-04-01", to="2026-04-14") == ["2026-03-30", "2026-04-13"]
    assert cut_off(granularity="week", from_="2026-03-30", to="2026-04-12") == []
    assert cut_off(granularity="month", from_="2026-04-01", to="2026-05-01") == ["2026-05-01"]
    assert cut_off(granularity="month", from_="2026-12-02", to="2026-12-31") == ["2026-12-01"]
    assert cut_off(group_by="day") == []


def test_people_a_day_are_a_mean_over_the_days_of_the_week(api: Api) -> None:
    people = [(1, 40), (5, 20), (6, 90)]
    api.publish(
        {
            "engagement_daily": [
                {"day": date(2026, 4, day), "environment": "production", "active_users": n, "sessions": n}
                for day, n in people
            ]
        }
    )
    rows = api.get("/analytics/usage", granularity="week").json["rows"]
    assert [(row["day"], row["active_users"]) for row in rows] == [("2026-03-30", 30.0), ("2026-04-06", 90.0)]


def test_percentiles_are_of_the_whole_week(filled: Api) -> None:
    rows = filled.get("/analytics/performance", granularity="month").json["rows"]
    assert [(row["day"], row["latency_p95_ms"], row["lcp"]) for row in rows] == [("2026-03-01", 1000, 2100.0)]


def test_compared_with_as_many_days_before(april: Api) -> None:
    answer = april.get("/analytics/costs", from_="2026-04-06", to="2026-04-10", compare="previous").json
    assert answer["compared_with"] == {"from": "2026-04-01", "to": "2026-04-05"}
    total = answer["total"]
    assert [total[f"executions{change}"] for change in ("", "_previous", "_delta", "_ratio")] == [12, 3, 9, 4.0]
    assert (total["cost_usd"], total["cost_usd_delta"], total["cost_usd_ratio"]) == (None, None, None)
    assert april.get("/analytics/costs").json["compared_with"] is None


def test_compared_with_days_of_ones_own(april: Api) -> None:
    rows = told(april, "executions", "executions_previous", from_="2026-04-30", to="2026-04-30", compare="2026-04-07")
    assert rows == [(32, 8)]


def test_each_day_stands_beside_the_day_before_it_by_as_many(april: Api) -> None:
    rows = told(
        april, *("day", "executions", "executions_previous", "executions_delta"),
        group_by="day", from_="2026-04-06", to="2026-04-10", compare="previous",
    )  # fmt: skip
    # The first of April stands beside the sixth, the fifth beside the tenth.
    assert rows == [("2026-04-06", 4, 1, 3), ("2026-04-07", 8, None, None), ("2026-04-10", None, 2, None)]


def test_what_was_there_before_only_is_a_row_too(api: Api) -> None:
    gone, new = cost(APRIL, "gone", "m", executions=5), cost(APRIL + timedelta(1), "new", "m", executions=0)
    api.publish({"cost_daily": [gone, new]})
    rows = told(
        api, *("feature", "executions", "executions_previous", "executions_ratio"),
        group_by="feature", from_="2026-04-02", to="2026-04-02", compare="previous",
    )  # fmt: skip
    assert rows == [("gone", None, 5, None), ("new", 0, None, None)]


def test_money_is_subtracted_exactly(api: Api) -> None:
    costs = [cost(APRIL, "chat", "m", cost_usd="0.1"), cost(APRIL + timedelta(1), "chat", "m", cost_usd="0.3")]
    api.publish({"cost_daily": costs})
    rows = told(api, "cost_usd", "cost_usd_delta", from_="2026-04-02", to="2026-04-02", compare="previous")
    assert rows == [(0.3, 0.2)], "as doubles it would be 0.19999999999999998"


def test_a_ratio_to_nothing_is_none(api: Api) -> None:
    api.publish({"cost_daily": of_days(d1=0, d2=7)})
    rows = told(api, "executions_delta", "executions_ratio", from_="2026-04-02", to="2026-04-02", compare="previous")
    assert rows == [(7, None)]


def test_sorted_by_what_grew_most(filled: Api) -> None:
    answer = filled.get("/analytics/costs", group_by="model", sort="-executions,model").json
    assert [row["model"] for row in answer["rows"]] == ["house-model", "sonnet", "haiku"]
    grown = {"group_by": "model", "from_": "2026-03-02", "to": "2026-03-02", "compare": "previous"}
    answer = filled.get("/analytics/costs", sort="executions_delta", **grown).json
    assert [(row["model"], row["executions_delta"]) for row in answer["rows"]] == [("sonnet", -2), ("haiku", None)]


@pytest.mark.parametrize("order", ["cost_usd", "-cost_usd"])
def test_what_has_no_value_comes_last_in_either_order(filled: Api, order: str) -> None:
    rows = filled.get("/analytics/costs", group_by="model", sort=order).json["rows"]
    assert rows[-1]["model"] == "house-model"


def test_the_days_with_data_are_told(api: Api) -> None:
    api.publish({})
    answer = api.get("/analytics/usage").json
    assert (answer["data_from"], answer["data_to"]) == (None, None)
    api.publish(EXAMPLE, "p2")
    answer = api.get("/analytics/usage", to="2026-03-01").json
    assert (answer["data_from"], answer["data_to"]) == ("2026-03-01", "2026-03-03")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.integers(0, 70), st.integers(1, 9), max_size=12),
    st.integers(0, 60),
    st.integers(1, 30),
    st.sampled_from(["day", "week", "month"]),
)
def test_periods_add_up_to_the_total(days: dict[int, int], first: int, count: int, granularity: str) -> None:
    """Nothing is counted twice or not at all, in the range and in the one that it is compared with."""
    with tempfile.TemporaryDirectory() as folder:
        api = Api(Path(folder))
        api.publish(
            {"cost_daily": [cost(APRIL + timedelta(day), "chat", "m", executions=n) for day, n in days.items()]}
        )
        begin = APRIL + timedelta(first)
        end = begin + timedelta(count - 1)
        asked = {"from_": begin.isoformat(), "to": end.isoformat(), "compare": "previous"}
        answer = api.get("/analytics/costs", granularity=granularity, **asked).json
        now = {day: n for day, n in days.items() if first <= day < first + count}
        then = {day: n for day, n in days.items() if first - count <= day < first}
        by_period = {row["day"]: row for row in answer["rows"]}
        for column, counted, moved in (("executions", now, 0), ("executions_previous", then, count)):
            expected: dict[str, int] = {}
            for day, n in counted.items():
                key = first_day(APRIL + timedelta(day + moved), granularity).isoformat()  # type: ignore[arg-type]
                expected[key] = expected.get(key, 0) + n
            assert {day: row[column] for day, row in by_period.items() if row[column] is not None} == expected
            assert answer["total"][column] == (sum(counted.values()) or None)
