"""Groups of few people, as the API tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.gateway import ask
from infra.local.templates import open_desk
from serving.app import build_app
from serving.lambdas import variables, wiring
from sql.catalog import models
from sql.folding import Folding, Groups
from sql.periods import Periods, Span
from sql.reader import PublishedTables, Reader
from sql.small_groups import OTHER
from tests.serving.lakes import DAY_1, DAY_2, DAY_3, Answer, Api, Row, publish

ENGAGEMENT = models()["gold.engagement_daily"]


def visits(day: date, environment: str, people: int, sessions: int) -> Row:
    return {"day": day, "environment": environment, "active_users": people, "sessions": sessions}


@pytest.fixture
def three(api: Api) -> Api:
    """Three environments, one of them of two people on one day."""
    api.publish(
        {
            "engagement_daily": [
                visits(DAY_1, "production", 90, 100),
                visits(DAY_2, "production", 80, 90),
                visits(DAY_1, "staging", 7, 10),
                visits(DAY_1, "trial", 2, 3),
            ]
        }
    )
    return api


def test_a_small_group_is_told_together_with_the_next_larger_one(three: Api) -> None:
    answer = three.get("/analytics/usage", group_by="environment").json
    rows = {row["environment"]: row["sessions"] for row in answer["rows"]}
    assert rows == {"production": 190, OTHER: 13}
    assert answer["smallest_group"] == 5
    assert {"metric": "sessions", "groups": 2, "has_total": True} in answer["folded"]
    assert answer["total"]["sessions"] == 203


def test_what_is_folded_is_no_value_to_ask_for_either(three: Api) -> None:
    for folded in ("trial", "staging"):
        answer = three.get("/analytics/usage", environment=folded).json
        assert answer["total"]["sessions"] is None
        assert any(entry["metric"] == "sessions" and not entry["has_total"] for entry in answer["folded"])
    both = three.get("/analytics/usage", [("environment", "production"), ("environment", "trial")]).json
    assert both["total"]["sessions"] == 190, "the difference to production alone would be the small group"


def test_a_day_keeps_its_place_where_others_of_the_day_are_enough(three: Api) -> None:
    answer = three.get("/analytics/usage", group_by="day,environment").json
    rows = {(row["day"], row["environment"]): row["sessions"] for row in answer["rows"]}
    assert rows == {("2026-03-01", "production"): 100, ("2026-03-02", "production"): 90, ("2026-03-01", OTHER): 13}


def test_a_small_day_is_told_without_its_date(api: Api) -> None:
    api.publish({"engagement_daily": [visits(day, "p", n, n) for day, n in ((DAY_1, 3), (DAY_2, 6), (DAY_3, 9))]})
    answer = api.get("/analytics/usage", group_by="day").json
    assert {row["day"]: row["sessions"] for row in answer["rows"]} == {"2026-03-03": 9, None: 9}
    assert answer["total"]["sessions"] == 18
    csv = api.get("/analytics/usage", group_by="day", format="csv").body.decode().splitlines()
    assert csv[-1].startswith(","), "no day is an empty cell"


def test_fewer_people_than_enough_in_all_are_not_told_at_all(api: Api) -> None:
    api.publish({"engagement_daily": [visits(DAY_1, "p", 4, 9), visits(DAY_2, "q", 1, 1)]})
    for group_by in ("", "day", "environment", "day,environment"):
        answer = api.get("/analytics/usage", group_by=group_by).json
        assert answer["total"]["sessions"] is None
        assert all(row["sessions"] is None for row in answer["rows"])
        assert any(entry["metric"] == "sessions" and not entry["has_total"] for entry in answer["folded"])


def test_what_is_compared_is_folded_alike(api: Api) -> None:
    before, now = {"a": 50, "b": 6, "c": 2, "d": 9}, {"a": 60, "b": 7, "c": 8, "d": 9}
    sent = [visits(day, name, n, n) for day, of_day in ((DAY_1, before), (DAY_2, now)) for name, n in of_day.items()]
    api.publish({"engagement_daily": sent})
    asked = {"from_": "2026-03-02", "to": "2026-03-02", "compare": "previous"}
    answer = api.get("/analytics/usage", (), group_by="environment", **asked)
    rows = {row["environment"]: (row["sessions"], row["sessions_previous"]) for row in answer.json["rows"]}
    assert rows == {"a": (60, 50), OTHER: (15, 8), "d": (9, 9)}


def test_a_mean_over_days_is_told_of_days_without_their_date_too(api: Api) -> None:
    api.publish({"engagement_daily": [visits(day, "p", n, n) for day, n in ((DAY_1, 3), (DAY_2, 6), (DAY_3, 9))]})
    rows = api.get("/analytics/engagement", group_by="day").json["rows"]
    assert {row["day"]: row["active_users"] for row in rows} == {"2026-03-03": 9, None: 4.5}


def test_what_a_metric_asks_of_a_column_it_asks_of_the_column_and_not_of_other(api: Api) -> None:
    cohort = {"environment": "p", "granularity": "week", "cohort": DAY_1, "is_complete": True}
    sizes = {0: 50, 1: 40, 2: 2, 10: 60}
    aged = [{**cohort, "age": age, "people": people, "returned": people // 2} for age, people in sizes.items()]
    api.publish({"retention_cohorts": aged})
    answer = api.get("/analytics/engagement/retention", group_by="age", granularity="week")
    told = {row["age"]: (row["cohort_people"], row["retention_rate"]) for row in answer.json["rows"]}
    assert told == {"0": (50, 0.5), "1": (None, 0.5), "10": (None, 0.5), OTHER: (None, None)}

    steps = {("entry", "a"): 3, ("a", "b"): 10, ("a", "exit"): 10, ("b", "exit"): 30}
    api.publish(
        {
            "journeys": [
                {"day": DAY_1, "environment": "p", "from_place": a, "to_place": b, "transitions": n, "people": n}
                for (a, b), n in steps.items()
            ]
        },
        "p2",
    )
    rows = api.get("/analytics/engagement/journeys", group_by="from_place").json["rows"]
    assert {row["from_place"]: row["drop_off_rate"] for row in rows} == {OTHER: 0.5, "b": 1.0}


def test_a_group_of_nobody_knows_how_many_is_folded(api: Api) -> None:
    row = {"day": DAY_1, "environment": "p", "topic": "billing", "tickets": 2, "tickets_solved": 0, "people": None}
    others = [{**row, "topic": topic, "tickets": 40, "people": 30} for topic in ("login", "speed", "price")]
    api.publish({"support_daily": [row, others[0]]})
    answer = api.get("/analytics/engagement/support", group_by="topic").json
    assert {row["topic"]: row["tickets"] for row in answer["rows"]} == {OTHER: 42}
    api.publish({"support_daily": [row]}, "p2")
    answer = api.get("/analytics/engagement/support").json
    assert (answer["total"]["tickets"], answer["rows"]) == (None, [])
    api.publish({"support_daily": [row, *others]}, "p3")
    answer = api.get("/analytics/engagement/support", group_by="topic").json
    assert {row["topic"]: row["tickets"] for row in answer["rows"]} == {OTHER: 42, "price": 40, "speed": 40}


def test_a_group_of_one_time_is_not_hidden_by_people_of_the_other(api: Api) -> None:
    sent = [
        visits(DAY_2, "a", 10, 10),
        visits(DAY_1, "b", 3, 3),
        visits(DAY_1, "c", 50, 50),
        visits(DAY_2, "c", 60, 60),
    ]
    api.publish({"engagement_daily": sent})
    asked = {"from_": "2026-03-02", "to": "2026-03-02", "compare": "previous"}
    answer = api.get("/analytics/usage", (), group_by="environment", **asked).json
    rows = {row["environment"]: (row["sessions"], row["sessions_previous"]) for row in answer["rows"]}
    assert rows == {"a": (10, None), OTHER: (60, 53)}


def test_people_of_one_vital_do_not_make_those_of_another_enough(api: Api) -> None:
    people = {
        "/a": {"LCP": 10, "INP": 1},
        "/b": {"LCP": 20},
        "/c": {"LCP": 30, "INP": 30},
        "/d": {"LCP": 40, "INP": 40},
    }
    row = {"day": DAY_1, "environment": "p", "device": "mobile", "page_loads": 1, "good": 1, "bucket": 7}
    loads = [
        {**row, "page": page, "name": name, "people": n, "page_loads": n, "good": n}
        for page, of_page in people.items()
        for name, n in of_page.items()
    ]
    api.publish({"web_vitals_daily": loads})
    rows = api.get("/analytics/engagement/vitals", group_by="page").json["rows"]
    assert {r["page"] for r in rows} == {OTHER, "/b", "/d"}, "c goes with a, for b has none of that vital"
    few = api.get("/analytics/engagement/vitals", page="/a").json["total"]
    assert few["inp"] is few["inp_good_share"] is few["lcp"] is None


def test_numbers_to_group_by_come_by_their_size(api: Api) -> None:
    click = {"day": DAY_1, "environment": "p", "page": "/", "element": "a", "device": "mobile", "y_bin": 1, "clicks": 6}
    api.publish({"heatmap": [click | {"x_bin": x} for x in (0, 1, 2, 10, 11, None)]})
    for sort, expected in (
        ("", ["0", "1", "2", "10", "11", None]),
        ("x_bin", ["0", "1", "2", "10", "11", None]),
        ("-x_bin", ["11", "10", "2", "1", "0", None]),
    ):
        rows = api.get("/analytics/engagement/heatmap", group_by="x_bin", sort=sort).json["rows"]
        assert [row["x_bin"] for row in rows] == expected


class Counted(PublishedTables):
    """Tables that know how often they were asked how many people a group is of."""

    people_asked = 0

    def rows(self, trino_sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.people_asked += "people_at_least" in trino_sql
        return super().rows(trino_sql, parameters)


def test_people_are_counted_once_a_time_for_all_metrics_of_a_table(tmp_path: Path) -> None:
    vital = {"day": DAY_2, "environment": "p", "page": "/", "device": "mobile", "name": "LCP", "bucket": 1}
    publish(tmp_path, {"web_vitals_daily": [vital | {"page_loads": 9, "good": 9}]})
    reader = Reader(tmp_path, Counted)
    app = build_app(reader, lambda _: None, open_desk(tmp_path))
    query = "group_by=page&compare=previous"
    answer = Answer(*ask(app, "GET", "/analytics/engagement/vitals", query, {}, b""))
    assert answer.status == 200
    tables = reader.current()
    assert isinstance(tables, Counted)
    assert tables.people_asked == 2


def test_the_owner_sets_how_many_are_enough(tmp_path: Path) -> None:
    publish(tmp_path, {"engagement_daily": [visits(DAY_1, "p", 4, 9), visits(DAY_1, "q", 1, 1)]})
    app = build_app(Reader(tmp_path), lambda _: None, open_desk(tmp_path), smallest_group=1)
    answer = Answer(*ask(app, "GET", "/analytics/usage", "group_by=environment", {}, b"")).json
    assert {row["environment"]: row["sessions"] for row in answer["rows"]} == {"p": 9, "q": 1}
    assert (answer["smallest_group"], answer["folded"]) == (1, [])


def test_the_functions_environment_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wiring.smallest_group() == 5
    monkeypatch.setenv(variables.SMALLEST_GROUP_VARIABLE, "12")
    assert wiring.smallest_group() == 12
    monkeypatch.setenv(variables.SMALLEST_GROUP_VARIABLE, "none")
    with pytest.raises(ValueError, match="PROMPTLAKE_SMALLEST_GROUP is 'none'; give a number of people, 1 or more"):
        wiring.smallest_group()


@pytest.mark.parametrize(
    ("authorizer", "status", "code"),
    [
        (None, 401, "nobody"),
        ({"principalId": "vera", "role": "viewer"}, 403, "wrong_role"),
        ({"principalId": "appa", "role": "approver"}, 403, "wrong_role"),
        ({"principalId": "adam", "role": "admin"}, 400, "not_published"),
    ],
)
@pytest.mark.parametrize("name", ["user_id", "person"])
def test_people_one_by_one_are_no_answer(
    filled: Api, name: str, authorizer: dict[str, str] | None, status: int, code: str
) -> None:
    found = Answer(*ask(filled.app, "GET", "/analytics/usage", f"group_by={name}", {}, b"", authorizer))
    assert (found.status, found.json["code"]) == (status, code)


def test_too_many_dimensions_of_people_are_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.publish({"engagement_daily": [visits(DAY_1, "p", 9, 9)]})
    monkeypatch.setattr("serving.logic.reading.MAX_DIMENSIONS", 1)
    answer = api.get("/analytics/usage", group_by="day,environment")
    assert (answer.status, answer.json["code"]) == (400, "too_many_dimensions")


SPANS = [Span(DAY_1, DAY_2, Periods()), Span(DAY_3, DAY_3 + timedelta(1), Periods(moved_days=-2))]
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["p", "q", "r", "other"]), st.integers(1, 12)),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:2],
)
OF_ONE_SPAN = ROWS.map(lambda rows: [row for row in rows if (row[0] > 1) == (row[1] in "qr")])


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(ROWS, OF_ONE_SPAN),
    st.sampled_from([(), ("day",), ("environment",), ("environment", "day")]),
    st.sampled_from([{}, {"environment": ["p"]}, {"environment": ["p", "q", "r"]}]),
    st.sampled_from([[Span(DAY_1, DAY_1 + timedelta(3), Periods())], SPANS]),
)
def test_every_row_is_of_people_enough_and_nothing_is_told_twice(
    rows: list[tuple[int, str, int]], group_by: tuple[str, ...], filters: dict[str, list[str]], spans: list[Span]
) -> None:
    """Told by the sums of a table in which sessions are as many as people, so that a row betrays how many it is of."""
    import duckdb

    from sql.dialects import to_duckdb

    db = duckdb.connect()
    db.execute("CREATE SCHEMA gold")
    columns = ", ".join(f"{name} {spec.type}" for name, spec in ENGAGEMENT.columns.items())
    db.execute(f"CREATE TABLE gold.engagement_daily ({columns})")
    for day, environment, people in rows:
        values = [DAY_1 + timedelta(day), environment, people, people]
        db.execute(
            "INSERT INTO gold.engagement_daily (day, environment, active_users, sessions) VALUES (?,?,?,?)", values
        )

    def run(sql: str, parameters: Any) -> list[Row]:
        found = db.execute(to_duckdb(sql), list(parameters))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    folding = Folding(run, Groups(ENGAGEMENT, group_by, filters, 5), spans, 1000)
    for span in spans:
        of_span = [row for row in rows if span.first <= DAY_1 + timedelta(row[0]) <= span.last]
        wanted = sum(n for _, environment, n in of_span if environment in filters.get("environment", [environment]))
        total = folding.total(["sessions"], span)["sessions"] if folding.has_total else None
        told = folding.groups(["sessions"], span, 1000)
        assert len({tuple(row[name] for name in group_by) for row in told}) == len(told)
        if group_by:
            assert all(row["sessions"] is None or row["sessions"] >= 5 for row in told)
            assert sum((row["sessions"] or Decimal(0)) for row in told) <= wanted
            if not filters and folding.has_total:
                assert sum(row["sessions"] for row in told) == (total or 0) == wanted
        assert total is None or 5 <= total <= wanted
    db.close()
