"""What can't be answered is told in one form, with one sentence that says what to change."""

from __future__ import annotations

import pytest

from serving.app import QUESTIONS
from serving.logic.question import Question
from tests.serving.lakes import Answer, Api

EVIL = [
    "'; DROP TABLE gold.cost_daily; --",
    "1) OR 1=1 --",
    "day); SELECT * FROM read_csv('/etc/passwd') --",
    '" OR ""="',
    "executions",
    "bucket_ms",
    "person",
    "(SELECT 1)",
    "*",
    "%27%20OR%201=1",
    "\0",
    "?",
    "$1",
    "day\u2028",
    "DAY",
    "x" * 10_000,
]


def problem(answer: Answer) -> tuple[int, str]:
    """Status and code, once the form is proved."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json
    assert document.keys() == {"type", "title", "status", "code", "detail"}
    assert document["status"] == answer.status
    assert document["detail"].endswith(".")
    assert len(document["detail"]) < 500
    return answer.status, document["code"]


@pytest.mark.parametrize(
    ("query", "code", "part"),
    [
        ({"colour": "red"}, "unknown_parameter", "known are from, to, granularity,"),
        ({"From": "2026-03-01"}, "unknown_parameter", "'From'"),
        ({"group_by": "colour"}, "unknown_dimension", "known are day, environment"),
        ({"group_by": "day,bucket"}, "unknown_dimension", "'bucket'"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "reversed_range", "from 2026-03-02 lies after to 2026-03-01"),
        ({"from": "yesterday"}, "not_a_date", "give one such as 2026-03-01"),
        ({"from": "2026-02-30"}, "not_a_date", "'2026-02-30'"),
        ({"to": "20260301"}, "not_a_date", "'20260301'"),
        ({"to": "1772323200"}, "not_a_date", "not a date"),
        ({"to": "2026-03-01T00:00:00Z"}, "not_a_date", "not a date"),
        ({"to": "\u0662\u0660\u0662\u0666-03-01"}, "not_a_date", "not a date"),
        ({"from": ""}, "not_a_date", "''"),
        ({"from": "2024-01-01", "to": "2026-03-01"}, "range_too_long", "at most 400"),
        ({"from": "0001-01-01"}, "range_too_long", "at most 400"),
        ({"granularity": "hour"}, "wrong_parameter", "'day', 'week' or 'month'"),
        ({"compare": "next"}, "not_a_date", "'next'"),
        ({"from": "2026-03-01", "compare": "2026-03-01"}, "not_before", "give an earlier day"),
        ({"sort": "day"}, "unknown_order", "a dimension of group_by"),
        ({"sort": "-colour"}, "unknown_order", "'-colour'"),
        ({"limit": "0"}, "wrong_parameter", "limit"),
        ({"limit": "2001"}, "wrong_parameter", "limit"),
        ({"limit": "1e3"}, "wrong_parameter", "limit"),
        ({"format": "xml"}, "wrong_parameter", "'json' or 'csv'"),
        ({"cursor": ""}, "wrong_cursor", "send `next`"),
        ({"cursor": "W10"}, "wrong_cursor", "send `next`"),
        ({"cursor": "é"}, "wrong_cursor", "send `next`"),
        ({"cursor": "WyJhIiwgImIiLCAxXQ"}, "wrong_cursor", "another question"),
    ],
)
def test_a_question_that_is_none(all_filled: Api, query: dict[str, str], code: str, part: str) -> None:
    for question in (question for question in QUESTIONS if question.is_daily):
        answer = all_filled.get(question.path, list(query.items()))
        assert problem(answer) == (400, code), question.name
        assert part in answer.json["detail"]


@pytest.mark.parametrize("parameter", ["from", "to", "compare"])
def test_what_is_not_by_day_takes_no_days(all_filled: Api, parameter: str) -> None:
    timeless = [question for question in QUESTIONS if not question.is_daily]
    assert {question.name for question in timeless} >= {"engagement/retention", "engagement/segments"}
    for question in timeless:
        answer = all_filled.get(question.path, [(parameter, "2026-03-01")])
        assert problem(answer) == (400, "unknown_parameter")
        assert "known are group_by, sort," in answer.json["detail"]


@pytest.mark.parametrize("person", ["person", "user_id"])
def test_nobody_in_particular_groups_by_person(all_filled: Api, person: str) -> None:
    for question in QUESTIONS:
        assert problem(all_filled.get(question.path, group_by=person)) == (401, "nobody")


def test_a_column_that_is_no_dimension_is_refused(filled: Api) -> None:
    answer = filled.get("/analytics/performance", group_by="measure")
    assert problem(answer) == (400, "unknown_dimension")
    assert "of performance" in answer.json["detail"]
    assert problem(filled.get("/analytics/performance", measure="b")) == (400, "unknown_parameter")


def test_a_date_may_be_given_once(filled: Api) -> None:
    assert problem(filled.get("/analytics/usage", [("to", "2026-03-01"), ("to", "2026-03-02")])) == (
        400,
        "wrong_parameter",
    )


def test_too_many_values_or_rows(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [("model", f"m{n}") for n in range(101)]
    assert problem(filled.get("/analytics/costs", many)) == (400, "too_many_values")
    assert filled.get("/analytics/costs", many[:100]).status == 200
    monkeypatch.setattr("serving.logic.reading.MAX_GROUPS", 2)
    assert problem(filled.get("/analytics/costs", group_by="model")) == (400, "too_many_rows")


def test_nothing_published_yet(api: Api) -> None:
    answer = api.get("/analytics/usage")
    assert problem(answer) == (503, "nothing_published")
    assert answer.headers["Retry-After"] == "30"
    assert answer.json["detail"] == "Nothing has been built yet; run `promptlake build`."


@pytest.mark.parametrize("path", ["/", "/analytics", "/analytics/usages", "/analytics/usage/x", "/{x}<y>", "/%00"])
def test_no_such_path(filled: Api, path: str) -> None:
    assert problem(filled.get(path)) == (404, "no_such_path")
    assert problem(filled.post(path, {})) == (404, "no_such_path")


def test_openapi_takes_no_parameter(filled: Api) -> None:
    answer = filled.get("/openapi.json", format="yaml")
    assert problem(answer) == (400, "unknown_parameter")
    assert "this path takes none" in answer.json["detail"]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_no_parameter_is_a_way_into_sql(all_filled: Api, question: Question) -> None:
    before = all_filled.get(question.path).json
    for evil in EVIL:
        # What is no word of ours elsewhere is a value that is only ever compared where a dimension has that name.
        for name in {"from", "to", "group_by", "granularity", "compare", "limit", "cursor", "format", evil}:
            if name not in question.filters:
                status, _ = problem(all_filled.get(question.path, [(name, evil)]))
                assert status == (401 if (name, evil) == ("group_by", "person") else 400)
        for name in question.filters:
            answer = all_filled.get(question.path, [(name, evil)], group_by="environment")
            assert answer.status == 200
            assert answer.json["rows"] == []
    assert all_filled.get(question.path).json == before
