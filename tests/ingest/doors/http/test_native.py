"""`POST /v1/events`: three ways to write events, and what becomes of the ones that can't be read."""

import gzip

import orjson
import pytest

from ingest.doors.body import EVENTS_MAX

PATH = "/v1/events"


def event(number: int = 1, **more: object) -> dict[str, object]:
    return {
        "event_type": "prompt_execution",
        "event_id": f"e{number}",
        "occurred_at": "2026-03-01T11:59:00Z",
        "model": "m",
        **more,
    }


def ndjson(*events: object) -> bytes:
    return b"\n".join(orjson.dumps(e) for e in events)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ndjson(event(1), event(2)), "application/x-ndjson"),
        (ndjson(event(1), event(2)), "application/json"),
        (ndjson(event(1), event(2)).replace(b"\n", b"\r\n\r\n") + b"\r\n", "application/jsonl"),
        (b"\xef\xbb\xbf" + ndjson(event(1), event(2)), "text/plain; charset=utf-8"),
        (orjson.dumps([event(1), event(2)], option=orjson.OPT_INDENT_2), "application/json"),
        (orjson.dumps([event(1), event(2)]), "application/x-ndjson"),
        (orjson.dumps([event(1), event(2)]), ""),
    ],
)
def test_each_form_is_stored(send, sink, body, content_type):
    answer = send(PATH, body, content_type=content_type)
    assert answer.status == 200
    assert orjson.loads(answer.body) == {"received": 2, "stored": 2, "quarantined": 0, "dropped": 0, "errors": []}
    assert [row["event_id"] for row in sink.rows("prompt_execution")] == ["e1", "e2"]
    assert sink.delivered[0][0] == "native"


def test_one_object_over_several_lines_is_one_event(send, sink):
    answer = send(PATH, orjson.dumps(event(), option=orjson.OPT_INDENT_2))
    assert (answer.status, len(sink.rows("prompt_execution"))) == (200, 1)


def test_an_empty_array_is_nothing_and_is_fine(send, sink):
    assert send(PATH, b"[]").status == 200
    assert sink.delivered == []


def test_a_broken_line_is_one_refused_event_that_names_its_line(send, sink):
    answer = send(PATH, ndjson(event(1)) + b'\n\n{"event_type": NaN}\n' + ndjson(event(2)))
    assert answer.status == 207
    body = orjson.loads(answer.body)
    assert (body["received"], body["stored"], body["quarantined"]) == (3, 2, 1)
    (error,) = body["errors"]
    assert (error["index"], error["code"]) == (1, "invalid_json")
    assert error["message"].startswith("Line 3 is not JSON: ")
    (row,) = sink.rows("quarantine")
    assert row["payload"] == '{"event_type": xxx}'


def test_each_bad_event_has_its_reason(send):
    answer = send(PATH, ndjson(event(1, latency_s=1), 7, event(2, consent={"analytics": False}), event(3)))
    body = orjson.loads(answer.body)
    assert [(e["index"], e["event_id"], e["code"]) for e in body["errors"]] == [
        (0, "e1", "unknown_field"),
        (1, None, "not_an_object"),
    ]
    assert (body["received"], body["stored"], body["quarantined"], body["dropped"]) == (4, 1, 2, 1)


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (b'{"a": "\\ud800"}', '{"x": "\\xx000"}'),
        (b'{"a": "\xff"}', '{"a":"\u2039removed\u203a"}'),
        (b'{"a": Infinity}', '{"x": xxxxxxxx}'),
        (b"[" * 3000, "[" * 3000),
        (b"{'a': 1}", "{'x': 0}"),
        (b"\x00\x00", "\x00\x00"),
    ],
    ids=["lone surrogate", "invalid utf-8", "infinity", "too deep to parse", "python", "zeros"],
)
def test_what_no_json_is_harms_nothing_beside_it(send, sink, line, shape):
    body = orjson.loads(send(PATH, ndjson(event(1)) + b"\n" + line + b"\n" + ndjson(event(2))).body)
    assert (body["received"], body["stored"], body["quarantined"]) == (3, 2, 1)
    (row,) = sink.rows("quarantine")
    assert row["payload"] == shape


def deep(levels: int) -> bytes:
    return orjson.dumps(event(9, properties="HERE")).replace(b'"HERE"', b'{"a":' + b"[" * levels + b"]" * levels + b"}")


@pytest.mark.parametrize("form", [b"%s\n%s", b"[%s,%s]"], ids=["lines", "array"])
@pytest.mark.parametrize("levels", [300, 1000])
def test_deep_nesting_is_refused_by_itself(send, sink, form, levels):
    body = orjson.loads(send(PATH, form % (deep(levels), ndjson(event(1)))).body)
    assert (body["stored"], body["quarantined"], body["errors"][0]["code"]) == (1, 1, "too_deep")
    assert sink.rows("quarantine")[0]["payload"].startswith('{"event_type":"prompt_execution"')


def test_nesting_and_brackets_that_can_be_stored_are(send):
    assert send(PATH, deep(200) + b"\n" + ndjson(event(1, properties={"text": "[" * 500}))).status == 200


@pytest.mark.parametrize(("digits", "code"), [(18, "out_of_range"), (30, "wrong_type"), (400, "invalid_json")])
def test_huge_integers_are_refused_by_themselves(send, digits, code):
    huge = ndjson(event(1)).replace(b'"m"', b'"m","output_tokens":1' + b"0" * digits)
    body = orjson.loads(send(PATH, huge + b"\n" + ndjson(event(2))).body)
    assert (body["stored"], [error["code"] for error in body["errors"]]) == (1, [code])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \r\n\n ", "empty_body"),
        (b'[{"a": 1}, {"b": ', "invalid_json"),
        (b"\x1f\x8b not json", "invalid_json"),
        (b'{"event_type":\n"prompt_execution",\n', "invalid_json"),
    ],
)
def test_a_body_that_is_no_json_at_all_is_a_refused_request(send, sink, body, code):
    answer = send(PATH, body, content_type="application/json")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    problem = orjson.loads(answer.body)
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", "Bad Request", 400)
    assert problem["detail"].endswith(".")
    assert (sink.refused, sink.delivered) == ([("native", code)], [])


def test_a_client_that_says_ndjson_has_each_line_kept_even_if_all_are_broken(send, sink):
    answer = send(PATH, b"[oops\n{oops", content_type="application/x-ndjson")
    assert (answer.status, orjson.loads(answer.body)["quarantined"]) == (207, 2)
    assert [row["payload"] for row in sink.rows("quarantine")] == ["[xxxx", "{xxxx"]


@pytest.mark.parametrize("body", [b"1\n" * (EVENTS_MAX + 1), b"[" + b"1," * EVENTS_MAX + b"1]"])
def test_more_events_than_fit_are_refused_before_they_cost_memory(send, sink, body):
    answer = send(PATH, body, content_type="application/json")
    assert (answer.status, sink.refused) == (413, [("native", "too_many_events")])
    assert "100,000" in orjson.loads(answer.body)["detail"]


def test_gzip(send, sink):
    halves = gzip.compress(ndjson(event(1)) + b"\n") + gzip.compress(ndjson(event(2)))
    assert send(PATH, halves, content_encoding="GZIP").status == 200
    assert len(sink.rows("prompt_execution")) == 2
