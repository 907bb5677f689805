"""A mapping that is wrong says in one sentence where, what, and what is known."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingest.doors.mapping.load import load, parse, shipped
from ingest.doors.refused import ImportRefused

GOOD = """\
name: good
source: good
format: jsonl
fields:
  occurred_at: {from: ts, unit: epoch_s}
rules:
  - when: {kind: call}
    event: prompt_execution
    fields:
      model: {from: model}
      latency_ms: {from: took, unit: s}
"""


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_loads_by_its_name(name: str) -> None:
    assert load(name).name == name


def test_fields_of_every_event_may_be_those_of_the_only_contract() -> None:
    text = GOOD.replace("fields:\n  occurred_at", "fields:\n  finish_reason: {from: why}\n  occurred_at", 1)
    assert parse(text, "m.yaml").fields.keys() == {"finish_reason", "occurred_at"}
    two = text + "  - {when: any, event: behavior, fields: {action: {value: other}}}\n"
    with pytest.raises(ImportRefused, match=r"m.yaml:5: fields.finish_reason is no field of every event"):
        parse(two, "m.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("source:", "sorce:", "m.yaml:2: the mapping has no key 'sorce'; did you mean 'source'; known are name,"),
        ("unit: s}", "untis: s}", "m.yaml:11: rules[0].fields.latency_ms has no key 'untis'; did you mean 'unit'"),
        (
            "latency_ms:",
            "latncy_ms:",
            "m.yaml:11: rules[0].fields.latncy_ms is no field of prompt_execution; did you mean 'lat",
        ),
        ("unit: s}", "unit: epoch_s}", "has the unit 'epoch_s'; known here are h, min, s, ms, us, ns."),
        (
            "unit: s}",
            "unit: sec}",
            "m.yaml:11: rules[0].fields.latency_ms has the unit 'sec'; known here are h, min, s, ms, us, ns.",
        ),
        (", unit: s}", "}", "rules[0].fields.latency_ms needs a `unit`, one of h, min, s, ms, us, ns."),
        ("unit: epoch_s", "unit: epoch_s, zone: UTC", "fields.occurred_at has a `zone`, which is for"),
        ("unit: epoch_s", "unit: iso8601, zone: Mars/Base", "'Mars/Base', which is no IANA time zone"),
        ("{from: model}", "{form: model}", "m.yaml:10: rules[0].fields.model has no key 'form'; did you mean 'from'"),
        ("{from: model}", "model", "m.yaml:10: rules[0].fields.model must hold the keys from, value,"),
        ("{from: model}", "{}", "rules[0].fields.model needs either `from`"),
        ("{from: model}", "{from: a, value: b}", "rules[0].fields.model needs either `from`"),
        ("{from: model}", "{value: 7}", "rules[0].fields.model can't be 7: Input should be a valid string"),
        ("{from: model}", "{from: a, extract: '('}", "rules[0].fields.model.extract is no regular expression"),
        ("{from: model}", "{from: a, extract: 'x'}", "must have one group"),
        ("      model: {from: model}\n", "", "m.yaml:7: rules[0] never sets 'model' (Model that answered"),
        ("  occurred_at: {from: ts, unit: epoch_s}", "  user_id: {from: u}", "rules[0] never sets 'occurred_at'"),
        ("prompt_execution", "promt_execution", "rules[0].event is 'promt_execution'; did you mean 'prompt_execution'"),
        ("format: jsonl", "format: xml", "m.yaml:3: format is not right"),
        ("format: jsonl", "format: jsonl\ncsv: {delimiter: ;}", "csv means nothing with `format: jsonl`"),
        (
            "format: jsonl",
            "format: csv\ncsv: {encoding: utf-16}",
            "csv.encoding is 'utf-16', which is no known encoding",
        ),
        ("source: good", "source: good\nsource: again", "m.yaml:3: the key 'source' comes twice"),
        ("source: good\n", "", "m.yaml:1: source is missing."),
        (
            "{kind: call}",
            "{kind: {prefx: c}}",
            "m.yaml:7: rules[0].when.kind has no key 'prefx'; did you mean 'prefix'",
        ),
        ("{kind: call}", "{kind: call", "m.yaml:"),
        (
            "rules:",
            "rules:\n  - {when: any, event: behavior, fields: {action: {value: other}}}",
            "is `any`, so that no rule",
        ),
        ("model: {from: model}", "model: {from: model}\n      event_id: {from: id}", "is set by the mapping's `id`"),
        (
            "    fields:",
            "    tokens: {input: i, input_includes_cached: true}\n    fields:\n      cache_read_tokens: {from: c}",
            "rules[0].fields.cache_read_tokens is set by `tokens` too",
        ),
        ("    fields:", "    tokens: {input: i}\n    fields:", "rules[0].tokens.input_includes_cached is missing"),
        ("    fields:", "    properties: [a.x, b.x]\n    fields:", "takes two values by the name 'x'"),
        (
            "    fields:",
            "    properties: {take: {n: {from: a, type: integer, unit: s}}}\n    fields:",
            "rules[0].properties.take.n has the unit 's'; a field that holds an integer has none",
        ),
        ("    fields:", "    each: 7\n    fields:", "m.yaml:9: rules[0].each must be one place that holds a list"),
        ("    fields:", "    each: [a, a]\n    fields:", "rules[0].each names 'a' twice"),
        (
            "model: {from: model}",
            'model: {from: "@name"}',
            "m.yaml:10: rules[0].fields.model refers to @name or @value, which only a rule with `each` has",
        ),
        ("{kind: call}", '{"@value.x": call}', "rules[0].when.@value.x refers to @name or @value"),
        (
            "{from: ts, ",
            '{from: "@value.ts", ',
            "m.yaml:5: fields.occurred_at refers to @name or @value, but rules[0] has",
        ),
        ("format: jsonl", "format: lines", "m.yaml:3: format is `lines`, which needs a `pattern`"),
        ("format: jsonl", "format: lines\npattern: '(x)'", "m.yaml:4: pattern has no named group"),
        ("format: jsonl", "format: lines\npattern: '(x'", "m.yaml:4: pattern is no regular expression"),
        (
            "format: jsonl",
            "format: lines\npattern: '(?P<tss>.)(?P<kind>.)(?P<model>.)(?P<took>.)'",
            "m.yaml:6: fields.occurred_at reads 'ts', which is no group of `pattern`; did you mean 'tss'; known",
        ),
        ("format: jsonl", "format: jsonl\npattern: '(?P<a>.)'", "pattern means nothing with `format: jsonl`"),
        ("format: jsonl", "format: csv\nskip: '^#'", "skip means nothing with `format: csv`"),
        ("format: jsonl", "format: csv\ncsv: {decimal: ','}", "csv has ',' both between fields and in numbers"),
        ("format: jsonl", "format: jsonl\nelse: drop", "m.yaml:4: else is not right"),
        ("unit: s}", "unit: s, plus: {from: x, unit: s}}", "has `plus`, which is for times, but holds a duration"),
        ("unit: s}", "unit: s, minus: x, map: {a: b}}", "has `minus`, which takes both values as they are"),
        ("unit: epoch_s", "unit: epoch_s, minus: x", "fields.occurred_at has `minus`, which is for durations"),
        ("{from: model}", "{from: model, minus: x}", "has `minus`, which is for durations, but holds text"),
        ("unit: epoch_s", "unit: epoch_s, plus: {from: x, unit: days}", "fields.occurred_at.plus.unit is not right"),
        ("{from: model}", "{from: model, decimal: ','}", "has a `decimal`, which is for numbers, but holds text"),
        (
            "{from: model}",
            "{from: model, or: {from: m, unit: s}}",
            "has the unit 's'; a field that holds text has none (in",
        ),
        ("{from: model}", "{from: model, cut: 0}", "rules[0].fields.model.cut is not right"),
        ("{from: ts, unit: epoch_s}", '{value: "noon"}', "fields.occurred_at can't be 'noon': Input should be a valid"),
        (
            "{from: ts, unit: epoch_s}",
            '{value: "2026-01-01T00:00:00"}',
            "fields.occurred_at can't be '2026-01-01T00:00:00'",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(old: str, new: str, message: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(ImportRefused) as refused:
        parse(text, "m.yaml")
    said = str(refused.value)
    assert message in said
    assert said.startswith("m.yaml:")
    assert "\n" not in said


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_whatever_a_file_holds_it_is_a_mapping_or_refused(document: Any) -> None:
    with pytest.raises(ImportRefused):
        parse(yaml.safe_dump(document), "m.yaml")


@given(st.sampled_from(["fields", "rules", "format", "when", "event", "from", "unit", "kind"]), st.text(max_size=8))
def test_any_mutation_is_taken_or_refused_but_never_crashes(old: str, new: str) -> None:
    with contextlib.suppress(ImportRefused):
        parse(GOOD.replace(old, new), "m.yaml")


def test_a_mapping_that_is_not_there_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no mapping 'aidr'; did you mean 'aider'; shipped are aider, "):
        load("aidr")
    with pytest.raises(ImportRefused, match="can't be read"):
        load(str(tmp_path))
    for text in ("", "- a", "just words"):
        (tmp_path / "m.yaml").write_text(text)
        with pytest.raises(ImportRefused, match="is no mapping"):
            load(str(tmp_path / "m.yaml"))
