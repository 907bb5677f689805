"""Pages of one answer: every row once, or a sentence that says why not."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.serving.lakes import DAY_1, EXAMPLE, Api, cost
from tests.serving.test_problems import problem

ASKED = {"group_by": "model", "sort": "-executions"}


@pytest.fixture
def many(api: Api) -> Api:
    api.publish({"cost_daily": [cost(DAY_1, "chat", f"m{number}", executions=number % 3) for number in range(7)]})
    return api


def test_pages_are_the_whole(many: Api) -> None:
    whole = many.get("/analytics/costs", **ASKED).json
    assert (whole["row_count"], whole["next"]) == (7, None)
    rows: list[Any] = []
    following: dict[str, str] = {}
    while True:
        page = many.get("/analytics/costs", **ASKED, **following, limit="3").json
        assert page["row_count"] == 7
        assert page["total"] == whole["total"], "the total is of all pages"
        rows += page["rows"]
        if page["next"] is None:
            break
        following = {"cursor": page["next"]}
    assert rows == whole["rows"]


def test_a_cursor_is_of_one_question(many: Api) -> None:
    cursor = many.get("/analytics/costs", **ASKED, limit="3").json["next"]
    for other in ({"group_by": "model"}, ASKED | {"to": "2026-03-01"}, ASKED | {"feature": "chat"}):
        assert problem(many.get("/analytics/costs", **other, cursor=cursor)) == (400, "wrong_cursor")
    assert many.get("/analytics/costs", **ASKED, limit="2", cursor=cursor).status == 200


def test_a_page_of_other_numbers_is_refused(many: Api) -> None:
    cursor = many.get("/analytics/costs", **ASKED, limit="3").json["next"]
    many.publish(EXAMPLE, "p2")
    answer = many.get("/analytics/costs", **ASKED, limit="3", cursor=cursor)
    assert problem(answer) == (410, "publication_changed")
    assert "begin again" in answer.json["detail"]


def test_csv_leads_to_its_next_page(many: Api) -> None:
    first = many.get("/analytics/costs", [("model", "m1"), ("model", "m2")], group_by="model", limit="1", format="csv")
    link = first.headers["Link"]
    assert link.endswith('; rel="next"')
    address = urlsplit(link[1 : link.index(">")])
    second = many.get(address.path, parse_qsl(address.query))
    assert second.headers.keys() >= {"Promptlake-As-Of"}
    assert "Link" not in second.headers
    assert [answer.body.decode().splitlines()[1].split(",")[0] for answer in (first, second)] == ["m1", "m2"]
