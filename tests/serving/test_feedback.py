"""Feedback becomes an event of the contract, whole, or a sentence that says why not."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.contracts.events.feedback import Feedback
from serving.schemas import FeedbackRequest
from tests.serving.lakes import Api
from tests.serving.test_problems import problem

PATH = "/analytics/feedback"
THUMB = {"kind": "thumb", "thumb": "up", "execution_id": "e-1", "user_id": "u-1"}


@pytest.mark.parametrize(
    "body",
    [
        THUMB,
        {"kind": "rating", "rating": 5, "template_id": "greeting", "template_version": "3"},
        {"kind": "nps", "nps": 0},
        {"kind": "survey", "survey": "s", "question": "q", "answer": "日本語"},
        {"kind": "comment", "comment": "fine", "environment": "staging", "properties": {"a": [1, {"b": None}]}},
        {"kind": "implicit", "signal": "undo", "session_id": "s", "consent": {"content": False}},
    ],
    ids=lambda body: body["kind"],
)
def test_the_server_fills_what_it_knows(api: Api, body: dict[str, Any]) -> None:
    answer = api.post(PATH, body)
    assert answer.status == 201, answer.json
    (event,) = api.recorded
    assert answer.json == {"event_id": event["event_id"]}
    assert len(event["event_id"]) == 32
    assert abs(datetime.fromisoformat(event["occurred_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert event.items() >= (body | {"event_type": "feedback"}).items()


def test_what_is_given_is_kept(api: Api) -> None:
    given = {"event_id": "mine-1", "occurred_at": "2026-03-01T09:30:00+02:00"}
    assert api.post(PATH, THUMB | given).json == {"event_id": "mine-1"}
    assert api.recorded[0].items() >= given.items()


@pytest.mark.parametrize("header", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
def test_a_key_makes_the_id(api: Api, header: str) -> None:
    def send(key: str, body: dict[str, Any]) -> str:
        return str(api.post(PATH, body, {header: key}).json["event_id"])

    first = send("k1", THUMB)
    assert send("k1", dict(reversed(THUMB.items()))) == first
    assert send("k2", THUMB) != first
    assert send("k1", THUMB | {"user_id": "u-2"}) != first, "another person's feedback is not lost"


def test_two_without_a_key_are_two(api: Api) -> None:
    assert api.post(PATH, THUMB).json != api.post(PATH, THUMB).json


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        ({"kind": "thumb"}, "invalid_value", "needs the field 'thumb'"),
        ({"kind": "thumb", "thumbs": "up"}, "unknown_field", "did you mean 'thumb'"),
        ({"kind": "rating", "rating": 6}, "out_of_range", "equal to 5"),
        ({"kind": "rating", "rating": "5"}, "wrong_type", "rating"),
        ({"kind": "love"}, "unknown_value", "kind"),
        ({}, "missing_field", "'kind'"),
        (THUMB | {"occurred_at": 1700000000}, "invalid_value", "no unit"),
        (THUMB | {"occurred_at": "2999-01-01T00:00:00Z"}, "time_in_future", "check the source's clock"),
        (THUMB | {"event_id": ""}, "out_of_range", "event_id"),
    ],
)
def test_what_the_contract_refuses_is_told_in_its_words(api: Api, body: Any, code: str, part: str) -> None:
    answer = api.post(PATH, body)
    assert problem(answer) == (422, code)
    assert part in answer.json["detail"]
    assert api.recorded == []


def test_a_refused_one_is_handed_over_all_the_same(api: Api) -> None:
    # Who records it puts it into quarantine and books it: refused feedback is data.
    seen: list[dict[str, Any]] = []
    record = api.record
    api.record = lambda event: (seen.append(event), record(event))[1]
    api.post(PATH, {"kind": "thumb"})
    assert [event["event_type"] for event in seen] == ["feedback"]


def test_nobody_sends_another_event_through_here(api: Api) -> None:
    api.post(PATH, THUMB | {"event_type": "prompt_execution"})
    assert [event["event_type"] for event in api.recorded] == ["feedback"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "no_body"),
        (b"null", "no_body"),
        (b"[]", "not_an_object"),
        (b'[{"kind": "thumb", "thumb": "up"}]', "not_an_object"),
        (b'"x"', "not_an_object"),
        (b"3", "not_an_object"),
        (b'{"kind":', "not_json"),
        (b'{"rating": NaN}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"rating": ' + b"9" * 5000 + b"}", "not_json"),
        (b'{"comment": "\xff"}', "not_utf8"),
    ],
    ids=lambda value: repr(value[:16]),
)
def test_a_body_that_is_none(api: Api, body: bytes, code: str) -> None:
    assert problem(api.post(PATH, body)) == (400, code)
    assert api.recorded == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"kind=thumb&thumb=up"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\ncontent-disposition: form-data; name=kind\r\n\r\n\xff\r\n--b--"),
        ("text/plain", b"{}"),
        ("application/jsonp", b"{}"),
    ],
)
def test_another_form_of_body(api: Api, content_type: str, body: bytes) -> None:
    answer = api.post(PATH, body, {"content-type": content_type})
    assert problem(answer) == (415, "unsupported_content_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", ""])
def test_json_by_another_name(api: Api, content_type: str) -> None:
    assert api.post(PATH, THUMB, {"content-type": content_type}).status == 201


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP"])
def test_a_compressed_body_is_told_to_come_as_it_is(api: Api, coding: str) -> None:
    plain = json.dumps(THUMB).encode()
    bodies = (gzip.compress(plain), zlib.compress(plain), plain)
    for body in bodies:
        answer = api.post(PATH, body, {"Content-Encoding": coding})
        assert problem(answer) == (415, "unsupported_content_encoding")
        assert "send it as it is" in answer.json["detail"]
    assert api.recorded == []
    assert api.post(PATH, THUMB, {"Content-Encoding": "identity"}).status == 201


def test_a_full_disk_is_told(api: Api) -> None:
    def full(_: dict[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    api.record = full
    answer = api.post(PATH, THUMB)
    assert problem(answer) == (503, "not_stored")
    assert "No space left on device" in answer.json["detail"]
    assert answer.headers["Retry-After"] == "30"


def test_a_query_is_refused(api: Api) -> None:
    assert problem(api.post(PATH, THUMB, query="kind=thumb")) == (400, "unknown_parameter")
    assert api.recorded == []


def test_the_request_follows_the_contract() -> None:
    asked, contract = FeedbackRequest.model_json_schema(), Feedback.model_json_schema()
    assert asked["properties"].keys() == contract["properties"].keys() - {"event_type"}
    assert asked["required"] == ["kind"]
    assert asked["additionalProperties"] is False
    same = asked["properties"].keys() - {"event_id", "occurred_at"}
    assert {name: asked["properties"][name] for name in same} == {name: contract["properties"][name] for name in same}
