"""Values are checked against the types of their variables."""

from __future__ import annotations

from typing import Any

import pytest

from serving.logic.refused import RequestRefused
from serving.logic.rendering.variables import bind
from serving.logic.templates.model import Variable

NAN = float("nan")


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("integer", -3),
        ("number", 3),
        ("number", 0.5),
        ("boolean", False),
        ("list", []),
        ("object", {"a": [1, None]}),
        ("enum", "short"),
    ],
)
def test_a_value_that_fits_is_taken_as_it_is(kind: str, value: Any) -> None:
    variable = Variable.model_validate({"name": "v", "type": kind, "choices": ["short"] if kind == "enum" else []})
    assert bind({"v": variable}, {"v": value}) == {"v": value}


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("string", 1, "must be of type string; this is integer"),
        ("string", None, "must be of type string; this is null"),
        ("integer", 1.0, "must be of type integer; this is number"),
        ("integer", True, "must be of type integer; this is boolean"),
        ("integer", "1", "must be of type integer; this is string"),
        ("number", False, "must be of type number; this is boolean"),
        ("number", NAN, "must be of type number"),
        ("boolean", 0, "must be of type boolean; this is integer"),
        ("list", {}, "must be of type list; this is object"),
        ("object", [], "must be of type object; this is list"),
        ("enum", "long", "must be one of short"),
        ("integer", 2**63, "too large"),
        ("string", "x" * 1_000_001, "too large"),
        ("list", nested(40), "too large"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(kind: str, value: Any, says: str) -> None:
    variable = Variable.model_validate({"name": "v", "type": kind, "choices": ["short"] if kind == "enum" else []})
    with pytest.raises(RequestRefused, match=says) as refused:
        bind({"v": variable}, {"v": value})
    assert "'v'" in str(refused.value)


def test_a_missing_value_is_its_default_or_refused() -> None:
    with_default = Variable(name="tone", default="kind")
    optional = Variable(name="hint", required=False)
    variables = {"tone": with_default, "hint": optional}
    assert bind(variables, {}) == {"tone": "kind", "hint": None}
    with pytest.raises(RequestRefused, match=r"'who' \(string\) has no value"):
        bind({"who": Variable(name="who")}, {})


def test_an_unknown_value_is_refused() -> None:
    with pytest.raises(RequestRefused, match="no variable 'whom'; there are who"):
        bind({"who": Variable(name="who")}, {"who": "a", "whom": "b"})
