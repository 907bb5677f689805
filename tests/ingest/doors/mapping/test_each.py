"""One row becomes several events, each with an id of its own that stays the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contracts.validate import Refusal
from ingest.doors.files import Row
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.elements import ELEMENTS_MAX
from ingest.doors.mapping.ids import ContentIds
from ingest.doors.mapping.load import parse

HEAD = """\
name: survey
source: survey
format: jsonl
id: rid
fields: {occurred_at: {from: ts, unit: epoch_s}}
rules:
"""
COLUMNS = """\
  - when: any
    each: [easy, useful, extra.remarks]
    event: feedback
    fields:
      kind: {value: survey}
      question: {from: "@name"}
      answer: {from: "@value"}
      answer_number: {from: "@value", extract: "^([0-9.]+)$"}
    properties: {rest: true}
"""
CALLS = """\
  - when: {"@value.role": assistant}
    each: messages
    event: prompt_execution
    fields:
      model: {from: "@value.model", or: {from: model}}
      output_tokens: {from: "@value.tokens"}
      span_id: {from: "@id"}
    properties: {take: {number: {from: "@name", type: integer}}}
"""


def items(rules: str, **row: Any) -> list[tuple[str, Any]]:
    mapper = RowMapper(parse(HEAD + rules, "m.yaml"), ContentIds("survey"))
    return mapper.items("log", Row(3, {"ts": 1767349800, "rid": "r1", **row}, 0))


def test_every_column_that_holds_a_value_is_an_event() -> None:
    found = [item for _, item in items(COLUMNS, easy=4, useful="", extra={"remarks": "fine", "page": 2}, user="u")]
    assert [(i["question"], i["answer"], i.get("answer_number")) for i in found] == [
        ("easy", "4", 4.0),
        ("extra.remarks", "fine", None),
    ]
    assert [i["properties"] for i in found] == [{"extra": {"page": 2}, "user": "u"}] * 2
    assert items(COLUMNS, easy=None, useful="") == []


def test_every_element_of_a_list_that_the_rule_wants_is_an_event() -> None:
    messages = [
        {"role": "user", "text": "hello"},
        {"role": "assistant", "model": "m1", "tokens": 3},
        None,
        {"role": "assistant", "tokens": "5"},
    ]
    found = [item for _, item in items(CALLS, model="m0", messages=messages)]
    assert [(i["model"], i["output_tokens"], i["properties"]) for i in found] == [
        ("m1", 3, {"number": 1}),
        ("m0", 5, {"number": 3}),
    ]
    assert [i["span_id"] for i in found] == [i["event_id"] for i in found]


def test_every_entry_of_an_object_is_an_event() -> None:
    rules = COLUMNS.replace("[easy, useful, extra.remarks]", "answers")
    found = [item for _, item in items(rules, answers={"q1": 1, "q2": None, "q3": "no"})]
    assert [(i["question"], i["answer"]) for i in found] == [("q1", "1"), ("q3", "no")]


@given(st.dictionaries(st.sampled_from(["easy", "useful"]), st.integers(0, 3)), st.sampled_from(["r1", "r2"]))
def test_ids_follow_from_the_row_and_the_name_alone(row: dict[str, int], rid: str) -> None:
    whole = {item["question"]: item["event_id"] for _, item in items(COLUMNS, rid=rid, easy=9, useful=9)}
    for _, item in items(COLUMNS, rid=rid, **row):
        assert item["event_id"] == whole[item["question"]]
        assert len(item["event_id"]) == 33
    other = {item["event_id"] for _, item in items(COLUMNS, rid="r3", easy=9, useful=9)}
    assert not other & set(whole.values())


def test_an_element_that_does_not_fit_costs_no_other_and_is_told_by_its_name() -> None:
    messages = [{"role": "assistant", "tokens": "many"}, {"role": "assistant", "tokens": 1}]
    (place, refused), (_, taken) = items(CALLS, model="m", messages=messages)
    assert isinstance(refused, Refusal)
    assert place == "log:3 0"
    assert refused.message == "log:3 0: @value.tokens is a text, not a number."
    assert (refused.event_type, taken["output_tokens"]) == ("prompt_execution", 1)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ("hello", "messages is neither a list nor an object, as `each` needs"),
        ([0] * (ELEMENTS_MAX + 1), "messages holds 10,001 values; one row may become 10,000 events"),
    ],
)
def test_what_can_not_be_taken_apart_is_one_refusal(messages: Any, reason: str) -> None:
    ((_, refused),) = items(CALLS, model="m", messages=messages)
    assert isinstance(refused, Refusal)
    assert refused.message == f"log:3: {reason}."


def test_several_places_may_name_a_row_together() -> None:
    head = HEAD.replace("id: rid", "id: [ticket, changed]")
    rule = '  - {when: any, event: support_ticket, fields: {ticket_id: {from: "@id"}, status: {value: open}}}\n'
    mapper = RowMapper(parse(head + rule, "m.yaml"), ContentIds("survey"))

    def id_of(**row: Any) -> str:
        ((_, item),) = mapper.of_value("x", {"ts": 1767349800, **row})
        assert isinstance(item, dict)
        assert item["ticket_id"] == item["event_id"]
        return str(item["event_id"])

    assert id_of(ticket="7", changed="a", seen=1) == id_of(ticket="7", changed="a", seen=2)
    assert id_of(ticket="7", changed="a") != id_of(ticket="7", changed="b")
    assert id_of(ticket="7", changed="", seen=1) != id_of(ticket="7", changed="", seen=2)
