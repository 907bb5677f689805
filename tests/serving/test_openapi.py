"""The API's description of itself: valid, whole, and what the answers look like."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.openapi.models import OpenAPI
from jsonschema import Draft202012Validator

from serving.app import QUESTIONS
from serving.logic.question import CHANGES, change_of
from tests.serving.lakes import Api


@pytest.fixture(scope="module")
def document(all_filled: Api) -> dict[str, Any]:
    answer = all_filled.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def walk(node: Any) -> list[dict[str, Any]]:
    """Every object in it."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [n for child in inside for n in walk(child)] + ([node] if isinstance(node, dict) else [])


def test_it_is_openapi(document: dict[str, Any]) -> None:
    OpenAPI.model_validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "promptlake"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = {node["$ref"] for node in walk(document) if isinstance(node.get("$ref"), str)}
    assert used <= known
    assert {name for name in known if re.search("Validation", name)} == set()


def test_it_names_each_route_and_parameter(document: dict[str, Any]) -> None:
    found = operations(document)
    analytics = {name for name in found if "/analytics/" in name}
    others = {"GET /analytics/experiments", "GET /analytics/reconciliation", "POST /analytics/feedback"}
    assert analytics == {*(f"GET {q.path}" for q in QUESTIONS), *others}
    for operation in found.values():
        assert operation["summary"]
        assert operation["description"]
        assert all(p["description"] for p in operation.get("parameters", []))
    for question in QUESTIONS:
        named = [p["name"] for p in found[f"GET {question.path}"]["parameters"]]
        times = ("from", "to", "granularity", "compare") if question.is_daily else ()
        assert named == [*times, "group_by", "sort", "limit", "cursor", "format", *question.filters]
        assert found[f"GET {question.path}"]["responses"].keys() == {"200", "400", "410", "503"}
    feedback = found["POST /analytics/feedback"]
    assert [p["name"].lower() for p in feedback["parameters"]] == ["idempotency-key"]
    assert feedback["responses"].keys() == {"201", "400", "415", "422", "503"}


def test_a_dimension_is_named_where_a_table_has_it() -> None:
    by_name = {question.name: set(question.dimensions) for question in QUESTIONS}
    assert all("environment" in dimensions for dimensions in by_name.values())
    assert {name for name, dimensions in by_name.items() if "variant" in dimensions} >= {"usage", "costs", "quality"}
    assert "variant" not in by_name["engagement/heatmap"]
    assert "measure" not in by_name["performance"], "a distribution's own columns are no dimensions"


def test_every_property_of_an_answer_is_described_with_its_unit(document: dict[str, Any]) -> None:
    for question in QUESTIONS:
        row = document["components"]["schemas"][f"{question.schema_name}Row"]["properties"]
        compared = {change_of(metric, change) for metric in question.metrics for change in CHANGES}
        assert row.keys() == {*question.dimensions, *question.metrics, *compared}
        assert all(row[metric]["title"] and "Unit: " in row[metric]["description"] for metric in question.metrics)


def test_feedback_is_described_by_its_contract_and_examples(document: dict[str, Any], api: Api) -> None:
    body = operations(document)["POST /analytics/feedback"]["requestBody"]
    assert body["required"] is True
    content = body["content"]["application/json"]
    assert content["schema"]["properties"]["rating"]["anyOf"][0] == {"maximum": 5, "minimum": 1, "type": "integer"}
    for shown in content["examples"].values():
        assert api.post("/analytics/feedback", shown["value"]).status == 201


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
@pytest.mark.parametrize("places", [(), (0,), (-1, 0), (1,)], ids=str)
@pytest.mark.parametrize("has_more", [False, True], ids=["", "more"])
def test_answers_are_as_described(  # type: ignore[no-untyped-def]
    all_filled: Api, document: dict[str, Any], question, places: tuple[int, ...], *, has_more: bool
) -> None:
    group_by = ",".join([*question.dimensions][place] for place in places)
    more = {"granularity": "week", "compare": "previous"} if has_more and question.is_daily else {}
    more |= {"limit": "1"} if has_more else {}
    schema = {"$ref": f"#/components/schemas/{question.schema_name}Answer", "components": document["components"]}
    answer = all_filled.get(question.path, group_by=group_by, **more).json
    Draft202012Validator(schema).validate(answer)
    properties = document["components"]["schemas"][f"{question.schema_name}Answer"]["properties"]
    assert answer.keys() == properties.keys()


def test_problems_are_as_described(all_filled: Api, document: dict[str, Any]) -> None:
    answer = all_filled.get("/analytics/usage", group_by="x").json
    Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": document["components"]}).validate(
        answer
    )
