"""A contract may grow; what a client was promised stays."""

import copy
from typing import Any

import pytest

from ingest.contracts.compatibility import breaking_changes, released
from ingest.contracts.derive import json_schema
from ingest.contracts.registry import EVENTS

NOW = json_schema(EVENTS["feedback"])


@pytest.mark.parametrize("event_type", sorted(released()))
def test_what_was_released_is_still_accepted(event_type: str) -> None:
    assert event_type in EVENTS, f"{event_type} was released and is gone."
    assert breaking_changes(released()[event_type], json_schema(EVENTS[event_type])) == []


def changed(path: str, value: Any) -> dict[str, Any]:
    """Today's schema of feedback with one thing put otherwise, or taken away where ``value`` is None."""
    schema = copy.deepcopy(NOW)
    *parents, last = path.split("/")
    place = schema
    for parent in parents:
        place = place[int(parent) if isinstance(place, list) else parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("properties/thumb", None, "thumb is gone."),
        ("required", [*NOW["required"], "comment"], "comment became required."),
        ("properties/rating/unit", "points", "rating has the unit 'points' where it was 'stars'."),
        ("properties/rating/anyOf/0/maximum", 4, "rating has the maximum 4, narrower than before."),
        ("properties/rating/anyOf/0/minimum", 2, "rating has the minimum 2, narrower than before."),
        ("properties/rating/anyOf/0/type", "string", "rating takes no integer any more."),
        ("properties/rating/anyOf", [{"type": "integer"}], "rating takes no null any more."),
        ("properties/thumb/anyOf/0/enum", ["up"], "thumb does not take 'down' any more."),
        ("properties/survey/anyOf/0/enum", ["a"], "survey takes a few values only, where it took any."),
        ("properties/survey/anyOf/0/pattern", "^a", "survey must match '^a', which it had not to before."),
        ("properties/environment/default", "prod", "environment has the default 'prod' where it was 'default'."),
        ("properties/comment/pii", "none", "comment has the pii 'none' where it was 'content'."),
        ("properties/survey/anyOf/0/format", "date", "survey has the format 'date' where it was None."),
        ("properties/rating/anyOf/0/multipleOf", 2, "rating has the multipleOf 2 where it was None."),
        ("$defs/Consent/properties/content", None, "consent.content is gone."),
        ("$defs/Consent/properties/content/default", False, "consent.content has the default False where it was True."),
    ],
)
def test_what_breaks_a_client_is_told(path: str, value: Any, said: str) -> None:
    assert said in breaking_changes(NOW, changed(path, value))


def test_growing_breaks_nobody() -> None:
    wider = changed("properties/rating/anyOf/0/maximum", 10)
    wider["properties"]["new"] = {"type": "string"}
    wider["properties"]["thumb"]["anyOf"][0]["enum"].append("sideways")
    assert breaking_changes(NOW, wider) == []
    number = changed("properties/rating/anyOf/0/type", "number")
    assert breaking_changes(NOW, number) == []


def test_every_field_says_how_it_touches_a_person() -> None:
    for model in EVENTS.values():
        for name, field in json_schema(model)["properties"].items():
            assert field.get("pii") in {"none", "person", "content", "open"}, f"{model.__name__}.{name}"
