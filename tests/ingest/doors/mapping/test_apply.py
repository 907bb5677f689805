"""Rows through rules: the first that fits wins, every row becomes one event or one reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.validate import Refusal
from ingest.doors.files import Broken, Row
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import parse
from ingest.doors.mapping.paths import get, without
from ingest.doors.mapping.rule import Placed

HEAD = """\
name: log
source: log
format: jsonl
fields: {occurred_at: {from: ts, unit: epoch_s}}
rules:
"""
BEHAVIOR = "event: behavior, fields: {action: {value: other}, name: {value: %s}}"


def mapped(rules: str, row: dict[str, Any], head: str = HEAD) -> Any:
    ((_, item),) = all_mapped(rules, row, head)
    return item


def all_mapped(rules: str, row: dict[str, Any], head: str = HEAD) -> list[Placed]:
    mapping = parse(head + rules, "m.yaml")
    return RowMapper(mapping, ContentIds(mapping.source)).items("log.jsonl", Row(7, {"ts": 1767349800, **row}, 0))


@pytest.mark.parametrize(
    ("condition", "fits", "fits_not"),
    [
        ("call", {"k": "call"}, {"k": "calls"}),
        ("200", {"k": 200}, {"k": 201}),
        ("true", {"k": True}, {"k": False}),
        ("null", {}, {"k": "x"}),
        ("[a, b]", {"k": "b"}, {"k": "c"}),
        ("[]", None, {"k": ""}),
        ("{prefix: command_}", {"k": "command_add"}, {"k": "add"}),
        ("{exists: true}", {"k": 0}, {"k": ""}),
        ("{exists: false}", {"k": None}, {"k": 0}),
        ("{prefix: a, in: [ab, b]}", {"k": "ab"}, {"k": "b"}),
    ],
)
def test_a_condition_decides_which_rule_makes_the_event(condition: str, fits: Any, fits_not: Any) -> None:
    rules = f"  - {{when: {{k: {condition}}}, {BEHAVIOR % 'first'}}}\n  - {{when: any, {BEHAVIOR % 'last'}}}\n"
    if fits is not None:
        assert mapped(rules, fits)["name"] == "first"
    assert mapped(rules, fits_not)["name"] == "last"


def test_a_row_that_no_rule_fits_is_refused_with_its_place() -> None:
    refusal = mapped(f"  - {{when: {{k: a}}, {BEHAVIOR % 'a'}}}\n", {"k": "b"})
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_rule"
    assert refusal.message.startswith("log.jsonl:7 is described by no rule of the mapping 'log'")
    assert refusal.payload == '{"k":"b","ts":1767349800}'


def test_a_value_that_does_not_fit_and_a_broken_line_are_refused_with_their_place() -> None:
    refusal = mapped(f"  - {{when: any, {BEHAVIOR % 'a'}}}\n", {"ts": 1767349800123})
    assert refusal.message == ("log.jsonl:7: ts is 1767349800123, which looks like milliseconds; set `unit: epoch_ms`.")
    assert refusal.event_type == "behavior"
    mapper = RowMapper(parse(HEAD + f"  - {{when: any, {BEHAVIOR % 'a'}}}\n", "m.yaml"), ContentIds("log"))
    ((_, refusal),) = mapper.items("log.jsonl", Broken(3, "is not JSON", "{", 1))
    assert isinstance(refusal, Refusal)
    assert (refusal.message, refusal.payload) == ("log.jsonl:3 is not JSON.", "{")


def test_a_row_nested_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    refusal = mapped(f"  - {{when: any, {BEHAVIOR % 'a'}}}\n", {"deep": deep})
    assert isinstance(refusal, Refusal)
    assert "nested too deep" in refusal.message


def test_an_id_of_the_log_is_taken_where_there_is_one() -> None:
    head = HEAD.replace("source: log", "source: log\nid: rid")
    rules = f"  - {{when: any, {BEHAVIOR % 'a'}}}\n"
    assert mapped(rules, {"rid": "r-1"}, head)["event_id"] == "r-1"
    assert mapped(rules, {"rid": 12}, head)["event_id"] == "12"
    assert len(mapped(rules, {"rid": ""}, head)["event_id"]) == 33


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_token_buckets_are_disjoint_whatever_the_source_counts(
    fresh: int, read: int, write: int, includes: bool
) -> None:
    rules = (
        "  - {when: any, event: prompt_execution, fields: {model: {value: m}}, tokens: {input: i, cache_read: r, "
        f"cache_write_5m: w, input_includes_cached: {str(includes).lower()}}}}}\n"
    )
    event = mapped(rules, {"i": fresh + (read + write if includes else 0), "r": read, "w": write})
    assert event["uncached_input_tokens"] == fresh
    assert (event["cache_read_tokens"], event["cache_write_5m_tokens"]) == (read, write)
    assert event["usage_convention"] == ("input_includes_cached" if includes else "input_excludes_cached")


def test_more_cached_tokens_than_input_are_refused_with_what_to_set() -> None:
    rules = (
        "  - {when: any, event: prompt_execution, fields: {model: {value: m}}, "
        "tokens: {input: i, cache_read: r, input_includes_cached: true}}\n"
    )
    refusal = mapped(rules, {"i": 5, "r": 9})
    assert "i is 5, fewer than the 9 cached ones" in refusal.message
    assert "`input_includes_cached: false`" in refusal.message


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("[a.b, c]", {"b": 1, "c": 3}),
        ("{rest: true}", {"a": {"b": 1, "x": 2}, "c": 3}),
        ("{rest: a}", {"b": 1, "x": 2}),
        ("{rest: a, drop: [a.x]}", {"b": 1}),
        ("{rest: true, drop: [a.b, a.x]}", {"c": 3}),
        ("{rest: a, take: [c]}", {"b": 1, "x": 2, "c": 3}),
        ("{rest: nowhere}", None),
    ],
)
def test_properties_are_what_was_asked_for_and_no_field_took(properties: str, expected: Any) -> None:
    rules = f"  - {{when: any, {BEHAVIOR % 'a'}, properties: {properties}}}\n"
    assert mapped(rules, {"a": {"b": 1, "x": 2}, "c": 3}).get("properties") == expected


def test_paths_find_lists_and_keys_with_dots() -> None:
    row = {"a.b": 1, "c": {"d.e": {"f": 2}}, "l": [{"x": 3}], "n": {"m": {"o": 4}}}
    assert [get(row, p) for p in ("a.b", "c.d.e.f", "l.0.x", "l.1.x", "l.x", "n.m.o", "n.m.o.p", "z")] == [
        1, 2, 3, None, None, 4, None, None,
    ]  # fmt: skip
    assert without(row, "n.m.o") == {"a.b": 1, "c": {"d.e": {"f": 2}}, "l": [{"x": 3}]}
    assert without(row, "c.d.e.f") == {"a.b": 1, "l": [{"x": 3}], "n": {"m": {"o": 4}}}
    assert row["n"] == {"m": {"o": 4}}
