"""What became of all that arrived: counts, and each gap where it is."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.serving.lakes import Api, Row
from tests.serving.test_problems import EVIL, problem

PATH = "/analytics/reconciliation"


def hour(received_hour: str, received: int, door: str = "native", event_type: str = "feedback", **more: Any) -> Row:
    keys = {"received_hour": received_hour, "event_type": event_type, "door": door}
    return keys | {"received": received, "bronze": received, "silver": received} | more


@pytest.fixture
def counted(api: Api) -> Api:
    rows = [
        hour("2026-03-01-23", 5),
        hour("2026-03-02-00", 7, bronze=6, silver=6, delivery_gap=1),
        hour("2026-03-02-01", 2, bronze=3, silver=3, delivery_gap=-1),
        hour("2026-03-02-01", 4, "otlp", "prompt_execution"),
    ]
    api.publish({"reconciliation": rows})
    return api


def test_one_too_many_never_hides_one_too_few(counted: Api) -> None:
    answer = counted.get(PATH).json
    assert (answer["from"], answer["to"]) == ("2026-02-01", "2026-03-02")
    assert (answer["total"]["received"], answer["total"]["delivery_gap"]) == (18, 0)
    assert (answer["reconciles"], answer["gap_count"]) == (False, 2)
    assert answer["gaps"] == [
        {"received_hour": at, "event_type": "feedback", "door": "native", "hand_over": "delivery_gap", "events": events}
        for at, events in (("2026-03-02-00", 1), ("2026-03-02-01", -1))
    ]
    assert [(row["event_type"], row["door"], row["received"]) for row in answer["rows"]] == [
        ("feedback", "native", 14),
        ("prompt_execution", "otlp", 4),
    ]
    assert answer["columns"]["dropped"] == {"description": "Dropped for want of consent", "unit": "events"}


def test_by_day_and_filtered(counted: Api) -> None:
    rows = counted.get(PATH, group_by="received_day", event_type="feedback").json["rows"]
    assert [(row["received_day"], row["received"]) for row in rows] == [("2026-03-01", 5), ("2026-03-02", 9)]
    answer = counted.get(PATH, to="2026-03-01").json
    assert (answer["reconciles"], answer["total"]["received"]) == (True, 5)
    assert counted.get(PATH, door="otlp").json["reconciles"] is True


def test_nothing_arrived_is_neither_whole_nor_broken(counted: Api) -> None:
    answer = counted.get(PATH, to="2025-01-01").json
    assert (answer["reconciles"], answer["rows"], answer["gaps"]) == (None, [], [])
    assert set(answer["total"].values()) == {None}
    counted.publish({}, "p2")
    assert counted.get(PATH).json["reconciles"] is None


def test_in_pages(counted: Api) -> None:
    first = counted.get(PATH, group_by="received_hour", limit="2").json
    second = counted.get(PATH, group_by="received_hour", limit="2", cursor=first["next"]).json
    hours = [row["received_hour"] for row in (*first["rows"], *second["rows"])]
    assert hours == ["2026-03-01-23", "2026-03-02-00", "2026-03-02-01"]
    assert (first["row_count"], second["next"]) == (3, None)


def test_it_is_as_described(counted: Api) -> None:
    document = counted.get("/openapi.json").json
    schema = {"$ref": "#/components/schemas/ReconciliationAnswer", "components": document["components"]}
    Draft202012Validator(schema).validate(counted.get(PATH, group_by="received_day,door").json)


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_parameter_is_a_way_into_sql(counted: Api, evil: str) -> None:
    for name in ("from", "to", "group_by", "limit", "cursor", evil):
        assert problem(counted.get(PATH, [(name, evil)]))[0] == 400
    for name in ("event_type", "door"):
        assert counted.get(PATH, [(name, evil)]).json["rows"] == []
