"""Segment's calls: what becomes of each kind, whose clock is believed, and how a refusal is told."""

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingest.doors import segment
from ingest.doors.exchange import Request
from tests.steps import handle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # when what `send` sends arrives

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
PAGE = {
    "path": "/chat",
    "url": "https://app.example/chat?token=secret#top",
    "referrer": "https://search.example/?q=personal",
    "title": "Chat",
    "search": "?token=secret",
}


def call(kind: str = "track", **fields: Any) -> dict[str, Any]:
    needed = {"event": "Answer Copied"} if kind == "track" else {}
    envelope = {"type": kind, "messageId": "m1", "timestamp": "2026-03-01T11:59:30.250Z", "userId": "u1"}
    return {**envelope, **needed, **fields}


def us(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1e6)


@pytest.fixture
def stored(send, sink):
    """The row that one call becomes, without what every row has."""

    def _stored(given: dict[str, Any], **around: Any) -> dict[str, Any]:
        answer = send("/v1/batch", orjson.dumps({"batch": [given], **around}), content_type="application/json")
        assert (answer.status, orjson.loads(answer.body)) == (200, {"success": True})
        (row,) = sink.rows("behavior")
        if "properties" in row:
            row["properties"] = orjson.loads(row["properties"])
        return {name: value for name, value in row.items() if name not in ("schema_version", "environment")}

    return _stored


WHEN = us("2026-03-01T11:59:30.250Z")
WHO = {"event_id": "m1", "occurred_at_us": WHEN, "user_id": "u1"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            call("page", name="Chat page", category="App", properties={**PAGE, "theme": "dark"}),
            {
                "action": "page_view",
                "name": "Chat page",
                "page": "/chat",
                "title": "Chat",
                "referrer": "https://search.example/",
                "properties": {"category": "App", "theme": "dark"},
            },
        ),
        (
            call("page", properties={"url": "https://app.example/a/b?x=1", "title": "t" * 300}),
            {"action": "page_view", "page": "/a/b", "title": "t" * 256},
        ),
        (
            call("screen", name="Home", anonymousId="a1", properties={"title": "kept"}),
            {"action": "page_view", "name": "Home", "anonymous_id": "a1", "properties": {"title": "kept"}},
        ),
        (call("identify", traits={"email": "p@x.example", "plan": "pro"}), {"action": "identify"}),
        (
            call("group", groupId="g7", traits={"name": "Initech"}),
            {"action": "other", "name": "group", "properties": {"group_id": "g7"}},
        ),
        (call("alias", previousId="a1"), {"action": "other", "name": "alias", "anonymous_id": "a1"}),
        (
            call(properties={"plan": "pro", "feature": "chat", "execution_id": "t-s", "content_id": 7, "team": ""}),
            {
                "action": "feature_used",
                "name": "Answer Copied",
                "feature": "chat",
                "execution_id": "t-s",
                "content_id": "7",
                "properties": {"plan": "pro", "team": ""},
            },
        ),
        (
            call(event="Experiment Viewed", properties={"experiment_name": "tone", "variation_name": "warm"}),
            {
                "action": "experiment_exposure",
                "name": "Experiment Viewed",
                "experiment": "tone",
                "variant": "warm",
                "properties": {"experiment_name": "tone", "variation_name": "warm"},
            },
        ),
        (
            call(event="Content Edited", properties={"content_id": "doc-3", "template_id": "summarise"}),
            {
                "action": "content_edited",
                "name": "Content Edited",
                "content_id": "doc-3",
                "template_id": "summarise",
            },
        ),
        (
            call(event="experiment_viewed", properties={"experimentId": "tone", "variationId": 0}),
            {
                "action": "experiment_exposure",
                "name": "experiment_viewed",
                "experiment": "tone",
                "variant": "0",
                "properties": {"experimentId": "tone", "variationId": 0},
            },
        ),
        (
            call(context={"page": PAGE, "userAgent": IPHONE, "sessionId": 17, "traits": {"email": "p@x.example"}}),
            {
                "action": "feature_used",
                "name": "Answer Copied",
                "page": "/chat",
                "title": "Chat",
                "referrer": "https://search.example/",
                "session_id": "17",
                "device": "mobile",
                "properties": {"user_agent": IPHONE},
            },
        ),
        (
            call("identify", context={"device": {"type": "tablet"}}, integrations={"All": 1, "GA4": {"session_id": 5}}),
            {"action": "identify", "device": "tablet", "session_id": "5"},
        ),
        (call("identify", context={"device": {"type": "tv"}, "userAgent": "x" * 999}),
         {"action": "identify", "device": "other", "properties": {"user_agent": "x" * 256}}),
        (call("identify", context={"device": {"type": "tv"}, "userAgent": GOOGLEBOT}),
         {"action": "identify", "device": "other", "is_bot": True, "properties": {"user_agent": GOOGLEBOT}}),
    ],
)  # fmt: skip
def test_each_kind_of_call_is_stored_as_what_it_says(stored, given, expected):
    assert stored(given) == {**WHO, **expected}


def test_a_batch_says_once_what_holds_for_all(stored):
    row = stored(call("screen", context={"sessionId": "s"}), context={"device": {"type": "ios"}, "sessionId": "other"})
    assert (row["device"], row["session_id"]) == ("mobile", "s")


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "expected"),
    [
        ("2026-03-01T11:00:00+02:00", None, "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T11:59:00Z", "2026-03-01T11:59:10Z", "2026-03-01T11:59:00+00:00"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:05.300Z", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T13:30:00.500Z", "2026-03-01T13:30:40Z", "2026-03-01T11:59:00.500+00:00"),
        ("2026-03-01T11:00:00Z", "yesterday", "2026-03-01T11:00:00+00:00"),
        (None, "2026-03-01T09:00:00Z", "2026-03-01T12:00:00+00:00"),
    ],
    ids=["none sent", "on time", "three hours slow", "an hour and a half fast", "no time", "nothing said"],
)
def test_a_clock_that_is_minutes_off_is_put_right(stored, timestamp, sent_at, expected):
    assert stored(call(timestamp=timestamp), sentAt=sent_at)["occurred_at_us"] == us(expected)


def test_a_batch_that_is_sent_again_has_the_same_times_and_ids(sink):
    calls = [{**call(), "messageId": None}, call(), {**call(), "messageId": None}]
    for late_s in (0, 20):
        arrival = NOW + timedelta(seconds=late_s, milliseconds=30)
        sent = (arrival - timedelta(hours=5, milliseconds=30 - late_s)).isoformat()
        body = orjson.dumps({"batch": [{**one, "sentAt": sent} for one in calls], "sentAt": sent})
        assert handle(Request("POST", "/v1/batch", {}, body), sink, lambda at=arrival: at).status == 200
    identities = [(row["event_id"], row["occurred_at_us"]) for row in sink.rows("behavior")]
    assert identities[:3] == identities[3:]
    assert len(set(identities)) == 3


def test_calls_without_id_and_time_are_each_their_own(send, sink):
    same = {"type": "track", "event": "Copied", "userId": "u"}
    assert send("/v1/batch", orjson.dumps({"batch": [same, same]})).status == 200
    assert len({row["event_id"] for row in sink.rows("behavior")}) == 2


@pytest.mark.parametrize("path", segment.DOORS)
def test_each_path_takes_its_kind(send, sink, path):
    given = {name: value for name, value in call().items() if name != "type"}
    kinds = {"t": "feature_used", "i": "identify", "p": "page_view", "s": "page_view", "g": "other", "a": "other"}
    is_batch = path.startswith("/v1/b")
    body = orjson.dumps({"batch": [call("screen")]} if is_batch else given)
    answer = send(
        path, gzip.compress(body), content_type="text/plain", content_encoding="gzip", authorization="Basic dzo="
    )
    assert (answer.status, answer.body) == (200, b'{"success":true}')
    assert sink.rows("behavior")[0]["action"] == ("page_view" if is_batch else kinds[path[4]])
    assert sink.delivered[0][0] == "segment"


def test_what_a_person_refused_to_have_analysed_is_not_stored(send, sink):
    consent = {"categoryPreferences": {"Advertising": True, "Analytics": False}}
    answer = send("/v1/track", orjson.dumps(call(context={"consent": consent})))
    assert orjson.loads(answer.body) == {
        "success": True, "received": 1, "stored": 0, "quarantined": 0, "dropped": 1, "errors": []
    }  # fmt: skip
    assert sink.rows("behavior") == []


def test_in_a_batch_each_bad_call_has_its_reason_and_harms_no_other(send, sink):
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    nested = orjson.dumps(call("page", messageId="m7")).replace(
        b'"m7"', b'"m7","properties":{"x":' + b"[" * 300 + b"]" * 300 + b"}"
    )
    calls = [
        call(),
        7,
        call("purchase", traits={"email": "p@x.example"}),
        call(event=""),
        call(properties={"text": "x" * 33_000}),
        call(timestamp="yesterday"),
        call(properties="none"),
        call(messageId="with blanks in it"),
    ]
    body = b'{"batch":[' + b",".join([*map(orjson.dumps, calls), nested]) + b"]}"
    answer = send("/v1/batch", body)
    told = orjson.loads(answer.body)
    assert (answer.status, told["success"], told["received"], told["stored"]) == (200, True, 9, 1)
    assert [(error["index"], error["code"]) for error in told["errors"]] == [
        (1, "not_an_object"),
        (2, "unknown_value"),
        (3, "missing_field"),
        (4, "event_too_large"),
        (5, "wrong_type"),
        (6, "wrong_type"),
        (7, "wrong_type"),
        (8, "too_deep"),
    ]
    quarantined = sink.rows("quarantine")
    assert [row["event_id"] for row in quarantined][1:4] == ["m1", "m1", "m1"]
    assert not any("p@x.example" in row["payload"] for row in quarantined)


def test_a_single_call_that_is_refused_is_told_so(send, sink):
    answer = send("/v1/track", orjson.dumps({"userId": "u1"}))
    told = orjson.loads(answer.body)
    assert (answer.status, told["success"], told["code"]) == (400, False, "missing_field")
    assert len(sink.rows("quarantine")) == 1
    assert sink.refused == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/batch", b"{", 400, "invalid_json"),
        ("/v1/track", b"[]", 400, "invalid_json"),
        ("/v1/batch", b'{"event": "x"}', 400, "invalid_batch"),
        ("/v1/batch", orjson.dumps({"batch": [call(properties={"t": "x" * 30_000})] * 18}), 400, "request_too_large"),
        ("/v1/batch", b'{"batch":[' + b"1," * 100_000 + b"1]}", 413, "too_many_events"),
    ],
)
def test_a_request_that_can_not_be_taken(send, sink, path, body, status, code):
    answer = send(path, body)
    told = orjson.loads(answer.body)
    assert (answer.status, told["success"]) == (status, False)
    assert told["message"].endswith(".")
    assert (sink.refused, sink.delivered) == ([("segment", code)], [])


def test_another_type_and_a_full_disk_are_told_in_segments_form(send, sink):
    answer = send("/v1/track", b"{}", content_type="application/xml")
    assert (answer.status, orjson.loads(answer.body)["code"]) == (415, "unsupported_media_type")
    sink.fails_with = OSError(28, "No space left on device")
    answer = send("/v1/track", orjson.dumps(call()))
    assert (answer.status, orjson.loads(answer.body)["success"], "retry-after" in answer.headers) == (503, False, True)
