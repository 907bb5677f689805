"""What the doors have in common: paths, methods, types, encodings, limits, and a disk that is full."""

import gzip

import orjson
import pytest
from google.rpc.status_pb2 import Status

from ingest.delivery.unavailable import Unavailable
from ingest.doors.body import BODY_MAX_BYTES
from ingest.doors.routes import DOORS

EVENT = b'{"event_type":"prompt_execution","event_id":"e","occurred_at":"2026-03-01T11:00:00Z","model":"m"}'


def detail(answer):
    return orjson.loads(answer.body)["detail"]


def test_an_unknown_path_names_the_known_ones(send, sink):
    answer = send("/v2/\udce4vents", b"")
    assert answer.status == 404
    named = ("/v1/events", "/v1/logs", "/v1/sources/", "Langfuse, Segment, Kinesis")
    assert all(name in detail(answer) for name in named)
    assert sink.refused == [("http", "unknown_path")]


@pytest.mark.parametrize("path", DOORS)
def test_another_method_is_told_the_right_one(send, path):
    answer = send(path, b"", method="PUT")
    assert (answer.status, answer.headers["allow"]) == (405, DOORS[path].methods[0])


def test_a_query_does_not_hide_the_path(send):
    assert send("/v1/events?source=test", EVENT).status == 200


def test_an_unknown_content_type_names_the_accepted_ones(send, sink):
    answer = send("/v1/events", EVENT, content_type="application/xml")
    assert answer.status == 415
    for accepted in ("application/json", "application/x-ndjson", "application/jsonl", "text/plain"):
        assert accepted in detail(answer)
    answer = send("/v1/traces", b"", content_type="text/plain")
    assert (answer.status, answer.headers["content-type"]) == (415, "application/json")
    assert "application/x-protobuf or application/json" in orjson.loads(answer.body)["message"]
    assert sink.refused == [("native", "unknown_content_type"), ("otlp", "unknown_content_type")]


def test_an_unknown_encoding_names_the_accepted_one(send):
    answer = send("/v1/events", EVENT, content_encoding="br")
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip")
    assert "use gzip" in detail(answer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(EVENT, mtime=0)[:-9], "truncated_gzip"),
        (gzip.compress(EVENT, mtime=0)[:5], "truncated_gzip"),
        (b"", "truncated_gzip"),
        (EVENT, "broken_gzip"),
        (gzip.compress(EVENT, mtime=0) + b"trailing", "broken_gzip"),
        (gzip.compress(b"", mtime=0) * 101, "broken_gzip"),
    ],
)
def test_broken_gzip(send, sink, body, code):
    answer = send("/v1/events", body, content_encoding="gzip")
    assert (answer.status, sink.refused, sink.delivered) == (400, [("native", code)], [])


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b" " * (BODY_MAX_BYTES + 1), "identity"),
        (gzip.compress(b" " * (BODY_MAX_BYTES + 1), mtime=0), "gzip"),
        (gzip.compress(b" " * BODY_MAX_BYTES, mtime=0) + gzip.compress(b" ", mtime=0), "gzip"),
    ],
    ids=["plain", "bomb", "bomb in parts"],
)
def test_a_body_over_the_limit(send, sink, body, encoding):
    answer = send("/v1/events", body, content_encoding=encoding)
    assert (answer.status, sink.refused) == (413, [("native", "body_too_large")])
    assert "10 MiB" in detail(answer)
    assert "send smaller batches" in detail(answer)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_at_the_limit_is_taken(send, encoding):
    body = EVENT + b" " * (BODY_MAX_BYTES - len(EVENT))
    assert (
        send(
            "/v1/events", gzip.compress(body, mtime=0) if encoding == "gzip" else body, content_encoding=encoding
        ).status
        == 200
    )


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Unavailable("The spool is closed.")])
def test_what_is_not_on_disk_is_not_acknowledged(send, sink, export, error):
    sink.fails_with = error
    answer = send("/v1/events", EVENT)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert (str(error).rstrip(".") if isinstance(error, Unavailable) else error.strerror) in detail(answer)
    body = export({"gen_ai.request.model": "m"}).SerializeToString()
    answer = send("/v1/traces", body, content_type="application/x-protobuf")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert Status.FromString(answer.body).message.startswith("Nothing was taken")
    assert sink.refused == []  # it comes again, and is counted then


def test_a_refusal_that_can_not_be_booked_is_not_given(send, sink, monkeypatch):
    def full(door: str, code: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sink, "refuse", full)
    assert send("/v1/events", b"").status == 503
    assert send("/nowhere", b"").status == 503
