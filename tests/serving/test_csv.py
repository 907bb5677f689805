"""The same rows as CSV: numbers as they are, texts whole, and nothing that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io

import pytest

from serving.logic.as_csv import as_csv
from serving.negotiation import chosen
from tests.serving.lakes import AS_OF, COMPLETE_THROUGH, DAY_1, Answer, Api, cost

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
HARMLESS = ["chat", "a=b", "é", 'say "hi"', "a,b", "two\nlines", "'=1", "1"]


def read(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def test_it_is_the_same_rows(filled: Api) -> None:
    asked = {"group_by": "feature,model", "compare": "previous", "from_": "2026-03-02"}
    answer, told = filled.get("/analytics/costs", format="csv", **asked), filled.get("/analytics/costs", **asked).json
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert (answer.headers["Promptlake-As-Of"], answer.headers["Promptlake-Complete-Through"]) == (
        AS_OF,
        COMPLETE_THROUGH,
    )
    assert read(answer) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in told["rows"]
    ]


def test_a_question_without_rows_still_has_its_header(filled: Api) -> None:
    answer = filled.get("/analytics/usage", group_by="feature", format="csv", to="2020-01-01")
    assert answer.body == b"feature,executions,input_tokens,output_tokens,cache_hit_rate\r\n"


def test_no_name_becomes_a_formula(api: Api) -> None:
    api.publish({"cost_daily": [cost(DAY_1, name, "m", executions=-1) for name in EVIL + HARMLESS]})
    rows = read(api.get("/analytics/costs", group_by="feature", format="csv"))
    assert {row["feature"] for row in rows} == {*(f"'{name}" for name in EVIL), *HARMLESS}
    assert {row["executions"] for row in rows} == {"-1"}, "a number is none"


def test_numbers_and_what_is_not_there() -> None:
    assert as_csv(["a", "b", "c"], [{"a": -1.5, "b": None, "c": 0}]) == "a,b,c\r\n-1.5,,0\r\n"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "j/j"),
        ("*/*", "j/j"),
        ("t/c", "t/c"),
        ("T/C; charset=utf-8", "t/c"),
        ("j/j;q=0.5, t/*", "t/c"),
        ("t/c;q=0.5, */*", "j/j"),
        ("t/c;q=x, j/j;q=0.1", "j/j"),
        ("image/png", "j/j"),
        (";;,q=", "j/j"),
    ],
)
def test_accept(accept: str | None, form: str) -> None:
    assert chosen(accept, ("j/j", "t/c")) == form


def test_accept_or_format(filled: Api) -> None:
    from infra.local.gateway import ask

    def kind(accept: str, query: str) -> str:
        answer = Answer(*ask(filled.app, "GET", "/analytics/costs", query, {"Accept": accept}, b""))
        return answer.headers["Content-Type"].split(";")[0]

    assert kind("text/csv", "") == "text/csv"
    assert kind("text/csv", "format=json") == "application/json"
    assert kind("application/json", "format=csv") == "text/csv"
