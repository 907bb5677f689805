"""The three questions: right numbers for each grouping, and nothing claimed where there is no data."""

from __future__ import annotations

import pytest

from serving.app import QUESTIONS
from serving.logic.question import DIMENSIONS
from tests.serving.lakes import AS_OF, COMPLETE_THROUGH, DAY_1, DAY_2, DAY_3, EXAMPLE, Api, cost


def test_an_answer_says_what_it_is_an_answer_to(filled: Api) -> None:
    answer = filled.get("/analytics/costs", group_by="feature").json
    assert (answer["as_of"], answer["complete_through"]) == (AS_OF, COMPLETE_THROUGH)
    assert (answer["from"], answer["to"]) == ("2026-02-02", "2026-03-03")
    assert answer["group_by"] == ["feature"]
    assert answer["metrics"]["cost_usd"] == {
        "title": "Cost",
        "description": "At the price of the day; unpriced tokens are not in it",
        "unit": "US dollars",
        "direction": "down",
        "good": None,
        "poor": None,
    }


def test_costs_by_feature(filled: Api) -> None:
    answer = filled.get("/analytics/costs", group_by="feature")
    assert [row["feature"] for row in answer.json["rows"]] == ["chat", "search", None]
    assert answer.row(feature="chat") == {
        "feature": "chat",
        "cost_usd": 0.300000000001,
        "cost_per_execution_usd": pytest.approx(0.0600000000002),
        "cost_per_success_usd": None,
        "unpriced_tokens": 0,
        "unpriced_share": 0.0,
        "reported_cost_usd": 0.2,
        "executions": 5,
        "input_tokens": 150,
        "output_tokens": 12,
    }
    assert answer.json["total"]["cost_usd"] == 0.700000000001


def test_what_has_no_price_has_no_cost(filled: Api) -> None:
    row = filled.get("/analytics/costs", group_by="model").row(model="house-model")
    assert (row["cost_usd"], row["cost_per_execution_usd"], row["unpriced_tokens"]) == (None, None, 404)


def test_groups_keep_the_askers_order(filled: Api) -> None:
    comma = filled.get("/analytics/costs", group_by="model, day").json
    repeated = filled.get("/analytics/costs", [("group_by", "model"), ("group_by", "day"), ("group_by", "model")]).json
    assert comma == repeated
    assert [list(row)[:2] for row in comma["rows"]] == [["model", "day"]] * 4
    assert [(row["model"], row["day"]) for row in comma["rows"]] == [
        ("haiku", "2026-03-02"),
        ("house-model", "2026-03-03"),
        ("sonnet", "2026-03-01"),
        ("sonnet", "2026-03-02"),
    ]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_every_dimension_it_names_can_be_grouped_and_filtered_by(filled: Api, question) -> None:  # type: ignore[no-untyped-def]
    for dimension in question.dimensions:
        answer = filled.get(question.path, group_by=dimension)
        assert answer.status == 200, answer.json
        needing_more = [entry for entry in answer.json["not_available"] if entry["needs"]]
        assert answer.json["rows"] or len(needing_more) == len(question.metrics)
    for dimension in question.filters:
        assert filled.get(question.path, [(dimension, "no such value")]).json["rows"] == []
    assert set(question.dimensions) <= set(DIMENSIONS)


def test_tables_are_merged_on_the_group(filled: Api) -> None:
    answer = filled.get("/analytics/usage", group_by="day")
    by_day = {row["day"]: (row["executions"], row["sessions"], row["active_users"]) for row in answer.json["rows"]}
    assert by_day == {"2026-03-01": (3, 50, 40.0), "2026-03-02": (3, 20, 20.0), "2026-03-03": (4, None, None)}
    assert answer.json["not_available"] == []
    total = answer.json["total"]
    assert (total["executions"], total["sessions"], total["active_users"]) == (10, 70, 30.0)
    assert total["session_duration_s"] == 80.0
    assert total["cache_hit_rate"] == pytest.approx(30 / 560)


def test_a_metric_without_the_dimension_is_named_not_made_up(filled: Api) -> None:
    answer = filled.get("/analytics/usage", group_by="feature").json
    missing = {"sessions", "active_users", "session_duration_s", "executions_per_session"}
    assert {m["metric"] for m in answer["not_available"]} == missing
    assert all(m["lacks"] == ["feature"] for m in answer["not_available"])
    assert not any(missing & row.keys() for row in answer["rows"])
    assert answer["total"]["sessions"] == 70, "over everything it is known"


def test_a_filter_that_a_table_lacks_takes_its_metrics_out_of_the_total_too(filled: Api) -> None:
    answer = filled.get("/analytics/performance", team="core").json
    vitals = {"lcp", "inp", "cls", "fcp", "ttfb"}
    assert {m["metric"] for m in answer["not_available"]} == vitals | {f"{name}_good_share" for name in vitals}
    assert "lcp" not in answer["total"]
    assert answer["total"].keys() >= {"errors", "latency_p50_ms"}


def test_performance(filled: Api) -> None:
    answer = filled.get("/analytics/performance", group_by="feature")
    chat, search, unnamed = (answer.row(feature=f) for f in ("chat", "search", None))
    assert (chat["errors"], chat["error_rate"], chat["thumbs_up_rate"]) == (1, 0.2, 0.75)
    assert (chat["average_rating"], chat["nps"]) == (4.5, 50.0)
    assert (chat["latency_p50_ms"], chat["latency_p95_ms"], chat["latency_p99_ms"]) == (100, 1000, 1000)
    assert chat["time_to_first_token_p95_ms"] == 40
    assert (search["error_rate"], search["implicit_negative_rate"]) == (1.0, 0.5)
    assert search["latency_p50_ms"] is None
    assert search["thumbs_up_rate"] is None
    assert unnamed["evaluation_pass_rate"] == 0.25
    total = answer.json["total"]
    assert (total["lcp"], total["inp"]) == (2100.0, None)


def test_web_vitals_by_day(filled: Api) -> None:
    answer = filled.get("/analytics/performance", group_by="day")
    assert [row["lcp"] for row in answer.json["rows"]] == [2100.0, 1900.0, None]


def test_without_grouping_the_only_row_is_the_total(filled: Api) -> None:
    answer = filled.get("/analytics/costs").json
    assert answer["rows"] == [answer["total"]]


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.is_daily], ids=lambda q: q.name)
@pytest.mark.parametrize("group_by", ["", "day", "day,environment"])
def test_an_empty_lake_knows_nothing_and_says_so(api: Api, question, group_by: str) -> None:  # type: ignore[no-untyped-def]
    api.publish({})
    answer = api.get(question.path, group_by=group_by).json
    assert answer["rows"] == []
    assert set(answer["total"].values()) <= {None}
    assert (answer["from"], answer["to"]) == ("2026-02-03", "2026-03-04"), "up to the day of the publication"


def test_the_range_is_inclusive(filled: Api) -> None:
    def executions(**days: str) -> int | None:
        value = filled.get("/analytics/costs", **days).json["total"]["executions"]
        return None if value is None else int(value)

    assert executions(from_="2026-03-01", to="2026-03-01") == 3
    assert executions(from_="2026-03-02", to="2026-03-03") == 7
    assert executions(from_="2026-03-02") == 7
    assert executions(to="2026-03-02") == 6
    assert executions(from_="2026-03-04") is None
    assert executions(to="0001-01-01") is None
    assert executions(from_="9999-12-31") is None


def test_the_default_range_is_thirty_days_up_to_the_newest_of_all_its_tables(api: Api) -> None:
    api.publish({"cost_daily": EXAMPLE["cost_daily"][:1], "engagement_daily": EXAMPLE["engagement_daily"]})
    usage, costs = api.get("/analytics/usage").json, api.get("/analytics/costs").json
    assert (usage["from"], usage["to"]) == ("2026-02-01", "2026-03-02")
    assert (costs["from"], costs["to"]) == ("2026-01-31", "2026-03-01")


def test_filters(filled: Api) -> None:
    def executions(*query: tuple[str, str]) -> int | None:
        answer = filled.get("/analytics/costs", query)
        assert answer.status == 200, answer.json
        value: int | None = answer.json["total"]["executions"]
        return value

    assert executions(("feature", "chat")) == 5
    assert executions(("feature", "chat"), ("model", "haiku")) == 2
    assert executions(("feature", "chat"), ("feature", "search")) == 9
    assert executions(("feature", "")) == 1, "an empty value asks for rows without one"
    assert executions(("feature", ""), ("feature", "search")) == 5
    assert executions(("feature", "chat,search")) is None, "a value may hold a comma"
    assert executions(("variant", "")) == 10


def test_a_filter_is_repeated_in_the_answer(filled: Api) -> None:
    answer = filled.get("/analytics/costs", [("model", "haiku"), ("model", "sonnet"), ("model", "haiku")]).json
    assert answer["filters"] == {"model": ["haiku", "sonnet"]}


@pytest.mark.parametrize("name", ["modèle", "日本語", "a'b", 'a"b', "a%b", "a&b=c", "a b+c", "a\0b"])
def test_a_value_comes_through_whole(api: Api, name: str) -> None:
    stored = name.replace("\0", "")
    api.publish({"cost_daily": [cost(DAY_1, "chat", stored, executions=3), cost(DAY_2, "chat", "other", executions=1)]})
    answer = api.get("/analytics/costs", [("model", name)], group_by="model")
    assert answer.status == 200
    assert [row["model"] for row in answer.json["rows"]] == ([stored] if stored == name else [])


def test_the_same_question_is_computed_once(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled.get("/analytics/costs", group_by="day").json
    monkeypatch.setattr("serving.routes.analytics.answer", None)
    assert filled.get("/analytics/costs", group_by="day").json == first


def test_large_sums_stay_exact_to_fifteen_digits(api: Api) -> None:
    rows = [cost(DAY_3, "chat", f"m{n}", executions=1, cost_usd="12345678.901234") for n in range(9)]
    api.publish({"cost_daily": rows})
    assert api.get("/analytics/costs").json["total"]["cost_usd"] == 111111110.111106
