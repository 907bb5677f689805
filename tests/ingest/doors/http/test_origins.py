"""Whose pages may send: preflights, the answer's headers, and a foreign page that asks nobody."""

from datetime import UTC, datetime

import orjson
import pytest

from ingest.doors.exchange import Request
from ingest.doors.origins import LOOPBACK_ONLY, Origins, parse
from ingest.doors.request_refused import RequestRefused
from ingest.doors.routes import DOORS
from tests.steps import handle, refuse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = b'{"event_type":"behavior","event_id":"e","occurred_at":"2026-03-01T11:00:00Z","action":"click"}'
APP = "https://app.example"
ASKS = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type, x-retry-count",
}


@pytest.mark.parametrize("path", DOORS)
def test_a_page_on_loopback_may_send_to_every_door(send, sink, path):
    answer = send(path, b"", method="OPTIONS", origin="http://localhost:3000", **ASKS)
    assert (answer.status, answer.body, sink.refused) == (204, b"", [])
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert DOORS[path].methods[0] in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == ASKS["access-control-request-headers"]
    assert "access-control-allow-private-network" not in answer.headers


def test_a_preflight_is_told_of_the_private_network_and_of_no_header_that_is_none(send):
    asks = ASKS | {"access-control-request-private-network": "true", "access-control-request-headers": "a\tb(c)"}
    answer = send("/v1/beacon", b"", method="OPTIONS", origin="https://[::1]:8443", **asks)
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-headers" not in answer.headers


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_a_foreign_page_is_refused_in_the_doors_form_before_its_body_is_read(send, sink, path, method):
    answer = send(path, EVENT, method=method, origin=APP, content_type="text/plain", **ASKS)
    assert answer.status == 403
    assert b"--allow-origin" in answer.body
    assert "access-control-allow-origin" not in answer.headers
    assert (sink.refused, sink.delivered) == ([(DOORS[path].name, "foreign_origin")], [])


def test_who_is_no_page_has_no_origin_and_is_asked_for_none(send):
    answer = send("/v1/events", EVENT)
    assert answer.status == 200
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    ("origin", "named", "allowed"),
    [
        ("http://127.0.0.1:5173", (), True),
        ("https://localhost", (), True),
        ("http://localhost.evil.example", (), False),
        ("http://localhost:3000@evil.example", (), False),
        ("http://127.0.0.1.evil.example:80", (), False),
        ("ftp://localhost", (), False),
        ("null", (), False),
        ("null", ("null",), True),
        (APP, (), False),
        (APP, (APP,), True),
        (f"{APP}:444", (APP,), False),
        (f"{APP}.evil.example", (APP,), False),
        ("http://localhost:1", (APP,), True),
        ("https://anybody.example", ("*",), True),
    ],
)
def test_which_origins_may_send(sink, origin, named, allowed):
    origins = Origins(frozenset(named))
    answer = handle(Request("POST", "/v1/events", {"origin": origin}, EVENT), sink, lambda: NOW, origins)
    assert answer.status == (200 if allowed else 403)
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert answer.headers.get("access-control-allow-credentials") == ("true" if allowed else None)
    assert bool(sink.delivered) is allowed


def test_an_allowed_page_may_read_why_it_was_refused(send, sink):
    answer = send("/v1/events", b"", origin="http://localhost:3000")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (400, "http://localhost:3000")
    request = Request("POST", "/v1/beacon", {"origin": "http://localhost:3000"}, b"")
    answer = refuse(request, RequestRefused(413, "body_too_large", "Too large."), sink, LOOPBACK_ONLY)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (413, "http://localhost:3000")
    assert orjson.loads(answer.body)["detail"] == "Too large."


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://App.Example/", APP),
        ("https://app.example:443", APP),
        ("http://app.example:80", "http://app.example"),
        ("http://app.example:443", "http://app.example:443"),
        ("chrome-extension://abc", "chrome-extension://abc"),
        ("*", "*"),
        ("null", "null"),
    ],
)
def test_an_origin_is_kept_as_browsers_spell_it(written, origin):
    assert parse(written) == origin


@pytest.mark.parametrize(
    "written", ["", "app.example", "https://app.example/chat", "https://u@app.example", "https://*,x"]
)
def test_what_is_no_origin_is_told(written):
    with pytest.raises(ValueError, match=r"such as https://app\.example"):
        parse(written)
