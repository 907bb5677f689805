"""The HTTP sink against a server that fails as servers do."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from promptlake_emitter import Emitter, HttpSink, NotTaken
from promptlake_emitter.http_sink import BATCH_BYTES, GZIP_FROM_BYTES
from promptlake_emitter.packing import Row, pack

from tests.ingest.clients.scripted import Scripted, serving

OK: Scripted = (200, {}, {})
EVENT = {"event_type": "behavior", "action": "click"}


def put(sink: HttpSink, *data: bytes) -> Any:
    (request,) = pack([Row(sink.group("behavior"), row) for row in data], sink.limits)
    return sink.put(request)


def test_types_share_one_body_over_one_connection() -> None:
    with serving(OK) as server, Emitter(HttpSink(server.url, write_key="k1", headers={"x-team": "a"})) as emitter:
        emitter.send([EVENT, {"event_type": "feedback"}])
        emitter.send({"event_type": "behavior", "text": "x" * GZIP_FROM_BYTES})
    assert server.paths == ["/v1/events"] * 2
    assert [event["event_type"] for event in server.events(0)] == ["behavior", "feedback"]
    assert len(server.connections) == 1
    small, large = server.headers
    assert small["content-type"] == "application/x-ndjson"
    assert (small["authorization"], small["x-team"]) == ("Bearer k1", "a")
    assert "content-encoding" not in small
    assert large["content-encoding"] == "gzip"
    assert int(large["content-length"]) < GZIP_FROM_BYTES


def test_a_connection_that_was_idle_for_long_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptlake_emitter.http_sink.IDLE_MAX_S", -1.0)
    with serving(OK) as server, Emitter(HttpSink(server.url)) as emitter:
        emitter.send(EVENT)
        emitter.send(EVENT)
        assert len(server.connections) == 2


@pytest.mark.parametrize(
    ("base", "path"),
    [("", "/v1/events"), ("/", "/v1/events"), ("/prod", "/prod/v1/events"), ("/prod/v1/events", "/prod/v1/events")],
)
def test_the_path_is_added_where_it_is_missing(base: str, path: str) -> None:
    with serving(OK) as server:
        sink = HttpSink(server.url + base)
        put(sink, b"{}")
        sink.close()
        assert server.paths == [path]


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://example.org", "http://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="begins with http"):
        HttpSink(url)


def test_many_events_go_in_bodies_under_the_limit() -> None:
    with serving(OK) as server, Emitter(HttpSink(server.url)) as emitter:
        emitter.send([{"event_type": "behavior", "n": n, "text": "x" * 100_000} for n in range(100)])
    assert [event["n"] for index in range(len(server.bodies)) for event in server.events(index)] == list(range(100))
    assert len(server.bodies) == 3
    assert max(map(len, server.bodies)) <= BATCH_BYTES


@pytest.mark.parametrize("failing", [(503, {}, {}), (429, {}, {}), (500, {}, "no problem document"), None])
def test_what_passes_is_tried_again(failing: Scripted) -> None:
    with serving(failing, failing, OK) as server, Emitter(HttpSink(server.url)) as emitter:
        emitter.emit(EVENT)
        assert emitter.flush()
        assert len(server.bodies) == 3
        assert len(set(server.bodies)) == 1
        assert emitter.stats().taken == 1


@pytest.mark.parametrize(
    ("said", "least_s", "most_s"),
    [
        ("7", 7, 7),
        (timedelta(hours=2), 7_100, 7_200),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0, 0),
        ("soon", 0, 0),
    ],
    ids=["seconds", "a time to come", "a time that has passed", "neither"],
)
def test_retry_after_is_understood(said: str | timedelta, least_s: float, most_s: float) -> None:
    header = said if isinstance(said, str) else format_datetime(datetime.now(UTC) + said, usegmt=True)
    with serving((429, {"retry-after": header}, {})) as server:
        sink = HttpSink(server.url)
        answer = put(sink, b"{}", b"{}")
        sink.close()
        assert least_s <= answer.retry_after_s <= most_s
        assert [len(parcel.rows) for parcel in answer.again] == [2]
        assert answer.taken == 0


def test_what_a_207_refuses_is_refused_for_good(caplog: pytest.LogCaptureFixture) -> None:
    errors = [
        {"index": 1, "event_id": None, "code": "unknown_field", "message": "output_token is no field."},
        {"index": 2, "event_id": None, "code": "missing_field", "message": "model is missing."},
    ]
    with serving((207, {}, {"errors": errors})) as server:
        with Emitter(HttpSink(server.url), linger_s=3600) as emitter:
            for _ in range(3):
                emitter.emit(EVENT)
            assert emitter.flush()
            stats = emitter.stats()
        assert (stats.taken, stats.refused, stats.waiting) == (1, {"unknown_field": 1, "missing_field": 1}, 0)
        assert len(server.bodies) == 1
    assert "2 events were refused for good (unknown_field 1, missing_field 1)" in caplog.text
    assert "the first reason: output_token is no field." in caplog.text


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 415])
def test_a_no_is_not_asked_again(status: int) -> None:
    with serving((status, {}, {"detail": "The key is unknown."})) as server, Emitter(HttpSink(server.url)) as emitter:
        with pytest.raises(NotTaken, match=rf"the door answered {status}: The key is unknown\.$") as caught:
            emitter.send([EVENT, EVENT])
        assert (caught.value.refused, caught.value.again) == (2, [])
        assert len(server.bodies) == 1


def test_a_door_that_is_not_there_and_one_that_says_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening: refused
        sink = HttpSink(f"http://127.0.0.1:{taken.getsockname()[1]}")
        answer = put(sink, b"{}")
        assert answer.again
        assert "can't be reached" in answer.reason
        taken.listen()  # takes the connection and never answers
        slow = HttpSink(f"http://127.0.0.1:{taken.getsockname()[1]}", timeout_s=0.2)
        assert put(slow, b"{}").again
