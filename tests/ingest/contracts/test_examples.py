"""The examples beside the contracts hold: what should pass does, what should fail does for the reason given."""

from pathlib import Path

import jsonschema
import pytest

from ingest.contracts.derive import json_schema
from ingest.contracts.registry import EVENTS
from ingest.contracts.validate import Refusal, validate
from tests.ingest.contracts.examples import NOW, files, load, name

# What JSON Schema can't say: rules between fields, and the clock. It allows any time zone, and times without one.
BEYOND_JSON_SCHEMA = {
    "time_in_future",
    "time_too_early",
    "bare_number_time_in_quotes",
    "naive_time",
    "far_future",
    "before_computers",
    "more_reasoning_than_output",
    "says_nothing",
    "kind_without_its_value",
    "metric_without_its_name",
}


@pytest.mark.parametrize("path", files("pass"), ids=name)
def test_a_good_event_is_accepted_and_fits_the_schema(path: Path) -> None:
    event = load(path)
    accepted = validate(event, NOW)
    assert not isinstance(accepted, Refusal), accepted
    assert accepted.event_type == path.parts[-3]
    jsonschema.validate(event, json_schema(type(accepted)))


@pytest.mark.parametrize("path", files("fail"), ids=name)
def test_a_bad_event_is_refused_for_its_reason(path: Path) -> None:
    example = load(path)
    refused = validate(example["event"], NOW)
    assert isinstance(refused, Refusal)
    assert refused.code == example["code"]
    assert example["message_contains"] in refused.message
    assert refused.event_id == example["event"]["event_id"]


@pytest.mark.parametrize("path", [p for p in files("fail") if p.stem not in BEYOND_JSON_SCHEMA], ids=name)
def test_the_schema_refuses_a_bad_event_too(path: Path) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(load(path)["event"], json_schema(EVENTS[path.parts[-3]]))


@pytest.mark.parametrize("event_type", EVENTS)
def test_each_contract_has_several_examples(event_type: str) -> None:
    for kind in ("pass", "fail"):
        assert len([path for path in files(kind) if path.parts[-3] == event_type]) >= 3


def test_no_example_belongs_to_no_contract() -> None:
    assert {path.parts[-3] for kind in ("pass", "fail") for path in files(kind)} == EVENTS.keys()


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_field_is_needed_by_some_example(event_type: str) -> None:
    """A new field comes with an example: without one, nothing would prove that it is accepted."""
    shown = {field for path in files("pass") if path.parts[-3] == event_type for field in load(path)}
    common = set(EVENTS["prompt_execution"].__base__.model_fields)  # type: ignore[union-attr]
    assert set(EVENTS[event_type].model_fields) - common - shown == set()
