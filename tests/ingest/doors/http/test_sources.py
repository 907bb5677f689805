"""`/v1/sources/NAME`: what shipped mappings read, over HTTP; answered like the native door."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.doors import sources
from ingest.doors.exchange import Request
from ingest.doors.mapping import live
from tests.ingest.doors.http.conftest import NOW, MemorySink, Send
from tests.steps import handle

START = int(NOW.timestamp()) - 3600
UNDO = {"event": "command_undo", "properties": {}, "user_id": "u1", "time": START}
CSV = "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-03-01 10:00:00,5,6\n2026-03-01 10:00:01,many,6\n"


def test_a_webhook_is_stored_under_its_source_s_name(send: Send, sink: MemorySink) -> None:
    answer = send("/v1/sources/aider?from=test", orjson.dumps(UNDO), content_type="application/json; charset=utf-8")
    assert answer.status == 200
    assert orjson.loads(answer.body) == {
        "received": 1, "stored": 1, "quarantined": 0, "dropped": 0, "passed_over": 0, "errors": [],
    }  # fmt: skip
    ((door, _),) = sink.delivered
    (row,) = sink.rows("feedback")
    assert (door, row["signal"], row["user_id"]) == ("source:aider", "undo", "u1")
    send("/v1/sources/aider", orjson.dumps(UNDO))
    assert len({row["event_id"] for row in sink.rows("feedback")}) == 1, "sent again, it is the same event"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (orjson.dumps([UNDO, {**UNDO, "time": "soon"}, 5]), "application/json"),
        (b"\n".join(map(orjson.dumps, [UNDO, {**UNDO, "time": "soon"}, 5])), "application/x-ndjson"),
        (orjson.dumps(UNDO) + b"\n" + orjson.dumps({**UNDO, "time": 7}) + b"\n{broken\n", "text/plain"),
    ],
)
def test_rows_that_can_not_be_taken_are_told_one_by_one(
    send: Send, sink: MemorySink, body: bytes, content_type: str
) -> None:
    answer = send("/v1/sources/aider", body, content_type=content_type)
    told = orjson.loads(answer.body)
    assert answer.status == 207
    assert [told[name] for name in ("received", "stored", "quarantined")] == [3, 1, 2]
    assert [error["index"] for error in told["errors"]] == [1, 2]
    assert told["errors"][0]["message"].startswith("body row 2: time is ")
    assert [row["message"] for row in sink.rows("quarantine")] == [error["message"] for error in told["errors"]]


def test_what_the_contract_refuses_names_its_row_too(send: Send) -> None:
    late = {**UNDO, "time": START + 10**8}
    told = orjson.loads(send("/v1/sources/aider", orjson.dumps([UNDO, late])).body)
    assert told["errors"][0]["index"] == 1
    assert told["errors"][0]["message"].startswith("body row 2: feedback: occurred_at ")


def test_a_text_in_the_mapping_s_own_format_is_taken(send: Send, sink: MemorySink) -> None:
    answer = send("/v1/sources/azure_llm", CSV.encode(), content_type="text/csv")
    told = orjson.loads(answer.body)
    assert (answer.status, told["stored"]) == (207, 1)
    assert told["errors"] == [
        {
            "index": 1,
            "event_id": told["errors"][0]["event_id"],
            "code": "wrong_type",
            "message": "body:3: ContextTokens is a text, not a number.",
        }
    ]
    assert sink.rows("prompt_execution")[0]["uncached_input_tokens"] == 5


@pytest.mark.parametrize(
    ("name", "body", "content_type", "status", "reason"),
    [
        ("aidr", b"{}", "", 404, "There is no source 'aidr'; did you mean 'aider'; known are aider, "),
        ("../../etc/passwd", b"{}", "", 404, "There is no source '../../etc/passwd'"),
        ("aider", b"", "", 400, "The body is empty"),
        ("aider", b"{", "application/json", 400, "No line of the body is JSON"),
        (
            "aider",
            b"<a/>",
            "application/xml",
            415,
            "send application/json, application/jsonl, application/x-ndjson, text",
        ),
        ("azure_llm", b" \n", "text/csv", 400, "The body is empty"),
        ("azure_llm", b"{}", "application/json", 415, "is not accepted; send text/csv, text/plain"),
        ("azure_llm", b"a,a\n1,2\n", "text/csv", 400, "body:1 names the column 'a' twice"),
        ("azure_llm", b"\n" * 100_002 + b"a", "text/csv", 413, "more than 100,000 lines"),
    ],
)
def test_a_request_that_can_not_be_taken_at_all_is_one_refusal(
    send: Send, sink: MemorySink, name: str, body: bytes, content_type: str, status: int, reason: str
) -> None:
    answer = send(f"/v1/sources/{name}", body, content_type=content_type)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert reason in orjson.loads(answer.body)["detail"]
    assert sink.delivered == []
    ((door, _),) = sink.refused
    assert door == (f"source:{name}" if name in live.names() else "source")


def test_only_posts_are_taken_and_the_path_is_known(send: Send) -> None:
    assert send("/v1/sources/aider", b"", method="GET").status == 405
    assert sources.PATTERN in orjson.loads(send("/v1/nothing", b"{}").body)["detail"]


_scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6)
_keys = st.sampled_from(
    ["event", "properties", "time", "type", "id", "detail", "status", "timestamp", "webhookEvent", "issue", "fields",
     "mail", "eventType", "message", "dimensions", "value", "usage", "input", "@id", "@value", "reporter", ""]
)  # fmt: skip
_values = st.recursive(
    _scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(_keys, v, max_size=4), max_leaves=12
)


def _json(value: Any) -> bytes:
    import json  # which writes NaN, huge numbers and halves of characters, as clients do

    return json.dumps(value).encode()


@settings(max_examples=300)
@given(
    st.sampled_from(live.names()),
    st.binary(max_size=80) | _values.map(_json) | st.text("a,b\n\"'1;", max_size=40).map(str.encode),
    st.sampled_from(["", "application/json", "application/x-ndjson", "text/csv", "text/plain"]),
)
def test_whatever_comes_in_is_answered_and_accounted_for(name: str, body: bytes, content_type: str) -> None:
    sink = MemorySink()
    request = Request("POST", f"/v1/sources/{name}", {"content-type": content_type}, body)
    answer = handle(request, sink, lambda: NOW)
    told = orjson.loads(answer.body)
    if answer.status >= 400:
        assert answer.status in (400, 413, 415)
        assert (len(sink.refused), sink.delivered) == (1, [])
        return
    assert answer.status == (207 if told["errors"] else 200)
    assert told["received"] == told["stored"] + told["quarantined"] + told["dropped"]
    assert told["quarantined"] == len(told["errors"]) == len(sink.rows("quarantine"))
    assert sum(outcome.accepted for _, outcome in sink.delivered) == told["stored"]
