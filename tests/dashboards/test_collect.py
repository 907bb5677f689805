"""The figures of a report are those of the tables, for each period, and real and simulated ones stay apart."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dashboards.reports.collect import collect as collect_whole
from dashboards.reports.data import Chart, Figure, Part, Table, Vitals
from dashboards.reports.judge import total, verdict
from sql.catalog import metrics
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]
FIRST = date(2026, 11, 1)


collect = partial(collect_whole, smallest_group=1)


def cost_row(day: date, executions: int = 1, **more: Any) -> dict[str, Any]:
    return {"day": day, "model": "m", "provider": "p", "executions": executions, "cost_usd": Decimal(1), **more}


def figure(part: Part, name: str) -> Figure:
    return next(figure for figure in part.figures if figure.metric.name == name)


def chart(part: Part, key: str) -> Chart:
    found = part.blocks()[key]
    assert isinstance(found, Chart)
    return found


def table(part: Part, key: str) -> Table:
    found = part.blocks()[key]
    assert isinstance(found, Table)
    return found


def test_figures_are_those_of_the_tables(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month)).parts
    assert figure(part, "cost_usd").value == pytest.approx(4.65)
    assert figure(part, "executions").value == 930
    assert figure(part, "unpriced_tokens").value == 101 * 465
    assert figure(part, "error_rate").value == pytest.approx(sum(n // 10 for n in range(31)) / 930)
    assert figure(part, "latency_p95_ms").value == 500
    assert figure(part, "active_users").value == 15
    assert figure(part, "active_users").trend[:3] == (10, 20, None)
    assert (part.first, part.last, part.bucket) == (FIRST, FIRST + timedelta(29), "day")


def test_the_whole_span_has_nothing_to_be_compared_with(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month)).parts
    assert not part.has_previous
    assert all(one.previous is None for one in part.figures)


def test_days_are_counted_back_from_the_newest_and_compared_with_those_before(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month), days=10).parts
    assert (part.first, part.last) == (date(2026, 11, 21), date(2026, 11, 30))
    assert figure(part, "executions").value == 2 * sum(range(21, 31))
    assert figure(part, "executions").previous == 2 * sum(range(11, 21))


def test_half_a_period_before_is_no_comparison(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month), days=16).parts
    assert not part.has_previous


def test_more_days_than_there_are_is_all_of_them(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month), days=10**9).parts
    assert part.first == FIRST


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(1, "day"), (62, "day"), (63, "week"), (400, "week"), (401, "month"), (1860, "month"), (20000, "year")],
)
def test_buckets_keep_a_chart_readable(publish: Publish, days: int, bucket: str) -> None:
    last = FIRST + timedelta(days - 1)
    (part,) = collect(publish({"cost_daily": [cost_row(FIRST, 3), cost_row(last, 4)]})).parts
    drawn = chart(part, "executions") if "executions" in part.blocks() else chart(part, "cost")
    assert part.bucket == bucket
    assert len(drawn.starts) <= 62
    assert len(set(drawn.starts)) == len(drawn.starts)
    assert total(drawn.series[0].values) > 0


def test_a_time_of_long_ago_leaves_the_newest_buckets(publish: Publish) -> None:
    (part,) = collect(publish({"cost_daily": [cost_row(date(1, 1, 1)), cost_row(FIRST)]})).parts
    assert chart(part, "cost").starts[-1] == date(2026, 1, 1)
    assert len(chart(part, "cost").starts) == 62


def test_buckets_without_data_are_gaps_and_not_zero(publish: Publish) -> None:
    (part,) = collect(publish({"cost_daily": [cost_row(FIRST), cost_row(FIRST + timedelta(2))]})).parts
    assert chart(part, "cost").series[0].values == (1.0, None, 1.0)


def test_what_few_people_did_is_not_told_nor_what_it_would_follow_from(publish: Publish) -> None:
    people = {FIRST + timedelta(n): n + 4 for n in range(4)}
    rows = [{"day": day, "active_users": number, "sessions": 10 * number} for day, number in people.items()]
    vital = {"day": FIRST, "people": 9, "bucket": 2_000, "good": 1}
    vitals = [vital | {"name": "LCP"}, vital | {"name": "INP", "people": 4}]
    (part,) = collect_whole(publish({"engagement_daily": rows, "web_vitals_daily": vitals}), smallest_group=5).parts
    sessions, users = chart(part, "engagement").series
    assert users.values == (None, None, 6.0, 7.0), "the total less one day would tell of the four"
    assert sessions.values == (None, None, 60.0, 70.0)
    assert next(f.value for f in part.figures if f.metric.name == "sessions") == 220, "of seven people at least"
    (told,) = [block for section in part.sections for block in section.blocks if isinstance(block, Vitals)]
    assert [row.metric.name for row in told.rows] == ["lcp"]


def test_a_lake_of_few_people_tells_what_they_cost_and_not_what_they_did(publish: Publish) -> None:
    did = {"engagement_daily": [{"day": FIRST, "active_users": 2, "sessions": 3}], "cost_daily": [cost_row(FIRST, 3)]}
    (part,) = collect_whole(publish(did), smallest_group=5).parts
    assert {"executions", "active_users", "sessions"} & {f.metric.name for f in part.figures} == {"executions"}
    assert "engagement" not in {section.key for section in part.sections}
    assert any("people enough" in line for line in part.missing)


def test_weeks_add_up_but_daily_users_do_not(publish: Publish) -> None:
    days = [FIRST + timedelta(n) for n in range(100)]
    rows = [{"day": day, "active_users": 7, "sessions": 8} for day in days]
    (part,) = collect(publish({"engagement_daily": rows})).parts
    sessions, users = chart(part, "engagement").series
    assert part.bucket == "week"
    assert total(sessions.values) == 800
    assert set(users.values) == {7}


def test_dearest_models_by_name_and_the_rest_together(publish: Publish) -> None:
    rows = [cost_row(FIRST, model=f"m{n}", cost_usd=Decimal(n)) for n in range(1, 11)]
    (part,) = collect(publish({"cost_daily": rows})).parts
    series = chart(part, "cost").series
    assert [one.name for one in series] == ["m10", "m9", "m8", "m7", "m6", "m5", "4 other models"]
    assert series[-1].values == (10.0,)


def test_a_rest_of_one_has_its_name(publish: Publish) -> None:
    rows = [cost_row(FIRST, model=f"m{n}", cost_usd=Decimal(n)) for n in range(1, 8)]
    (part,) = collect(publish({"cost_daily": rows})).parts
    assert chart(part, "cost").series[-1].name == "m1"


def test_our_cost_beside_the_reported_one(publish: Publish) -> None:
    rows = [
        cost_row(FIRST, model="a", cost_usd=Decimal("1.1"), reported_cost_usd=Decimal(1)),
        cost_row(FIRST, model="b", cost_usd=None, reported_cost_usd=Decimal(2), unpriced_tokens=5),
        cost_row(FIRST, model="c", cost_usd=Decimal(1), reported_cost_usd=Decimal(0)),
    ]
    (part,) = collect(publish({"cost_daily": rows})).parts
    by_model = {row[0]: row[-1] for row in table(part, "models").rows}
    assert by_model == {"a": pytest.approx(0.1), "c": None}
    assert table(part, "unpriced").rows == (("b", "p", 1, 5, 2.0),)


def test_a_partly_priced_model_is_not_compared_with_the_whole(publish: Publish) -> None:
    row = cost_row(FIRST, reported_cost_usd=Decimal(2), unpriced_tokens=5, unpriced_executions=1)
    (part,) = collect(publish({"cost_daily": [row]})).parts
    assert table(part, "models").rows[0][-1] is None
    assert "unpriced" not in part.blocks()


def test_a_source_without_costs_of_its_own_needs_no_column_for_them(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month)).parts
    assert metrics()["reported_cost_usd"].title not in [column.title for column in table(part, "models").columns]


def test_real_and_simulated_figures_are_never_added(publish: Publish) -> None:
    rows = [cost_row(FIRST, 5), cost_row(date(2023, 1, 1), 7, environment="simulated-demo")]
    real, simulated = collect(publish({"cost_daily": rows})).parts
    assert (real.is_simulated, simulated.is_simulated) == (False, True)
    assert (figure(real, "executions").value, figure(simulated, "executions").value) == (5, 7)
    assert (real.first, simulated.last) == (FIRST, date(2023, 1, 1))
    assert simulated.environments == ("simulated-demo",)


def test_environments_stand_apart_where_there_are_several(publish: Publish) -> None:
    rows = [cost_row(FIRST, 5), cost_row(FIRST, 2, environment="staging")]
    (part,) = collect(publish({"cost_daily": rows})).parts
    assert [row[:2] for row in table(part, "environments").rows] == [("production", 5), ("staging", 2)]


def test_template_versions_join_cost_and_quality_in_natural_order(publish: Publish) -> None:
    keys = [{"template_id": "t", "template_version": version} for version in ("v10", "v9")]
    cost = [cost_row(FIRST, 10 - n, **key) for n, key in enumerate(keys)]
    quality = [{"day": FIRST, **key, "executions": 10, "errors": 1, "thumbs_up": 3, "thumbs_down": 1} for key in keys]
    (part,) = collect(publish({"cost_daily": cost, "quality_daily": quality})).parts
    found = table(part, "templates")
    assert [row[1] for row in found.rows] == ["v9", "v10"]
    titles = [column.title for column in found.columns]
    assert found.rows[0][titles.index(metrics()["error_rate"].title)] == 0.1
    assert found.rows[0][titles.index(metrics()["thumbs_up_rate"].title)] == 0.75
    assert metrics()["evaluation_pass_rate"].title not in titles


def test_evaluations_without_a_score_or_a_verdict(publish: Publish) -> None:
    rows = [
        {"day": FIRST, "metric": "a", "evaluations": 4, "scored": 2, "score_sum": Decimal(1), "passed": 3, "failed": 1},
        {"day": FIRST, "metric": "b", "evaluations": 1, "scored": 0, "score_sum": Decimal(0)},
    ]
    (part,) = collect(publish({"evaluation_daily": rows})).parts
    assert table(part, "evaluations").rows == (("a", 4, 0.5, 0.75), ("b", 1, None, None))


def test_web_vitals_carry_their_thresholds(publish: Publish) -> None:
    row = {"day": FIRST, "name": "LCP", "page_loads": 10, "good": 7, "needs_improvement": 2, "poor": 1}
    (part,) = collect(publish({"web_vitals_daily": [row | {"bucket": 260_000_000}]})).parts
    vitals = part.blocks()["vitals"]
    assert isinstance(vitals, Vitals)
    (vital,) = vitals.rows
    assert (vital.metric.good, vital.page_loads, vital.p75) == (metrics()["lcp"].good, 10, 2600.0)


def test_thumbs_give_way_to_what_was_asked(publish: Publish) -> None:
    (part,) = collect(
        publish({"quality_daily": [{"day": FIRST, "executions": 4, "ratings": 2, "rating_sum": 9}]})
    ).parts
    names = [one.metric.name for one in part.figures]
    assert "average_rating" in names
    assert "thumbs_up_rate" not in names


def test_what_is_missing_is_said_and_not_drawn(publish: Publish, month: Rows) -> None:
    (part,) = collect(publish(month)).parts
    assert "vitals" not in part.blocks()
    assert any("web_vital" in line for line in part.missing)
    assert not any("latency_ms" in line for line in part.missing)


def test_gaps_of_opposite_sign_are_both_counted(publish: Publish) -> None:
    rows = [
        {
            "received_hour": f"2026-11-01-0{n}",
            "event_type": "feedback",
            "door": "events",
            "received": 5,
            "delivery_gap": gap,
        }
        for n, gap in enumerate((3, -3))
    ]
    data = collect(publish({"reconciliation": rows}))
    assert data.gaps == 6
    assert data.reconciliation is not None
    assert data.reconciliation.rows[0][2] == 10


def test_a_count_that_an_older_publication_lacks_is_none(publish: Publish) -> None:
    rows = [{"received_hour": "h", "event_type": "feedback", "door": "native", "received": 5, "replayed": None}]
    data = collect(publish({"reconciliation": rows}))
    assert data.reconciliation is not None
    assert data.reconciliation.rows[0][2] == 5
    assert data.gaps == 0


def test_nothing_at_all(publish: Publish) -> None:
    data = collect(publish({}))
    assert (data.parts, data.reconciliation, data.gaps) == ((), None, 0)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("error_rate", 0.01, "good"),
        ("error_rate", 0.05, "fair"),
        ("error_rate", 0.051, "poor"),
        ("thumbs_up_rate", 0.8, "good"),
        ("thumbs_up_rate", 0.6, "fair"),
        ("thumbs_up_rate", 0.59, "poor"),
        ("cost_usd", 1.0, None),
        ("error_rate", None, None),
    ],
)
def test_verdicts_follow_the_thresholds(name: str, value: float | None, expected: str | None) -> None:
    assert verdict(metrics()[name], value) == expected
