"""How the lake is: for people, for programs, and never nicer than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infra.local.gateway import ask
from serving.logic.health import Component
from serving.logic.status import FRESH_WITHIN, status
from sql.reader import Reader
from tests.serving.lakes import COMPLETE_THROUGH, EXAMPLE, Answer, Api
from tests.serving.test_problems import problem
from tests.serving.test_reconciliation import hour

NOW = datetime.fromisoformat(COMPLETE_THROUGH) + timedelta(minutes=3)
UP, DOWN = Component("doors"), Component("build", "It ended with <1>.")
WHOLE = {"reconciliation": [hour("2026-03-01-23", 5), hour("2026-03-02-00", 7, quarantined=2)]}
BROKEN = {"reconciliation": [hour("2026-03-02-00", 7, delivery_gap=1), hour("2026-03-02-01", 7, delivery_gap=-1)]}


def told(api: Api, *components: Component, now: datetime = NOW) -> dict[str, Any]:
    return status(Reader(api.root).current(), components, now)


def test_all_is_well(api: Api) -> None:
    api.publish(WHOLE)
    found = told(api, UP)
    assert (found["status"], found["problems"]) == ("ok", [])
    assert found["data"] == {
        "as_of": "2026-03-04T10:00:00+00:00",
        "complete_through": COMPLETE_THROUGH,
        "behind_s": 180,
        "is_fresh": True,
    }
    assert (found["counts"]["reconciles"], found["counts"]["received"]) == (True, 12)
    assert found["counts"]["days"] == [
        {"period": "2026-03-01", "received": 5, "quarantined": 0},
        {"period": "2026-03-02", "received": 7, "quarantined": 2},
    ]
    assert [each["period"] for each in found["counts"]["hours"]] == ["2026-03-01-23", "2026-03-02-00"]


def test_stale_broken_or_down_is_said(api: Api) -> None:
    api.publish(BROKEN)
    late = datetime.fromisoformat(COMPLETE_THROUGH) + FRESH_WITHIN + timedelta(seconds=1)
    found = told(api, UP, DOWN, now=late)
    assert found["status"] == "degraded"
    assert (found["data"]["is_fresh"], found["counts"]["reconciles"], found["counts"]["gap_count"]) == (False, False, 2)
    build, stale, gaps = found["problems"]
    assert build == "build: It ended with <1>."
    assert COMPLETE_THROUGH in stale
    assert gaps.startswith("At 2 hand-overs")


def test_each_hand_over_of_an_hour_is_counted(api: Api) -> None:
    api.publish({"reconciliation": [hour("2026-03-02-00", 7, delivery_gap=1, silver_gap=-1)]})
    day = {"from_": "2026-03-02", "to": "2026-03-02"}
    assert told(api, UP)["counts"]["gap_count"] == api.get("/analytics/reconciliation", **day).json["gap_count"] == 2


def test_nothing_built_is_not_zero(api: Api) -> None:
    answer = api.get("/status").json
    assert answer["problems"] == ["Nothing has been built yet."]
    assert (answer["counts"]["reconciles"], answer["counts"]["received"]) == (None, None)
    api.publish(EXAMPLE)
    counts = api.get("/status").json["counts"]
    assert (counts["reconciles"], counts["received"], counts["hours"]) == (None, None, [])


def page(api: Api) -> Answer:
    return Answer(*ask(api.app, "GET", "/status", "", {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, b""))


def test_a_browser_gets_a_page_that_needs_nothing_else(api: Api) -> None:
    api.publish(BROKEN)
    api.components = [UP, DOWN]
    answer = page(api)
    text = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Something needs a look" in text
    assert "2 gaps" in text
    assert "It ended with &lt;1&gt;." in text
    assert "<svg" in text
    assert [part for part in ("<script", "http://", "https://", "src=", "url(") if part in text] == []


def test_the_page_of_an_empty_lake(api: Api) -> None:
    text = page(api).body.decode()
    assert "nothing built yet" in text
    assert "<svg" not in text


@pytest.mark.parametrize("path", ["/status", "/healthz"])
def test_they_are_as_described_and_take_no_parameter(api: Api, path: str) -> None:
    schemas = api.get("/openapi.json").json["components"]
    name = {"/status": "StatusAnswer", "/healthz": "Health"}[path]
    api.components = [UP, DOWN]
    for tables in ({}, BROKEN):
        api.publish(tables)
        found = api.get(path).json
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": schemas}).validate(found)
        assert found["status"] == "degraded"
    assert problem(api.get(path, format="xml")) == (400, "unknown_parameter")


def test_health_tells_what_is_wrong(api: Api) -> None:
    assert api.get("/healthz").json == {"status": "ok", "problem": None, "components": []}
    api.components = [UP, DOWN]
    answer = api.get("/healthz")
    assert (answer.status, answer.json["problem"]) == (200, "It ended with <1>.")
    assert answer.json["components"][0] == {"name": "doors", "problem": None, "is_up": True}


def test_the_time_is_of_now(api: Api) -> None:
    checked = datetime.fromisoformat(api.get("/status").json["checked_at"])
    assert abs(datetime.now(UTC) - checked) < timedelta(minutes=1)
