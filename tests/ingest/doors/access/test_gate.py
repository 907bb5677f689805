"""Who is let through, wherever a client puts its key, and how fast."""

import base64
from typing import Any

import orjson
import pytest

from infra.local.access import SqliteGrants
from ingest.delivery.delivery import Delivery
from ingest.delivery.outcome import Outcome
from ingest.doors.access.gate import BURST_S, Gate
from ingest.doors.exchange import Request, Response
from ingest.doors.http import Doors
from ingest.doors.request_refused import NotLetIn
from ingest.doors.routes import DOORS
from tests.ingest.doors.http.conftest import NOW, MemorySink
from tests.lakes import event
from tests.steps import step


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def grants(tmp_path: Any) -> SqliteGrants:
    return SqliteGrants(tmp_path / "state.db")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(grants: SqliteGrants, clock: Clock) -> Gate:
    return Gate(grants, clock)


@pytest.fixture
def doors(gate: Gate, sink: MemorySink) -> Doors:
    return Doors(Delivery(step(), sink), lambda: NOW, gate=gate)


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


def post(path: str = "/v1/events", body: Any = None, query: str = "", **headers: str) -> Request:
    content = orjson.dumps(event() if body is None else body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", path, {"content-type": "application/json", **named}, content, query)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


PLACES = {
    "bearer": lambda key: {"authorization": f"Bearer {key}"},
    "api key": lambda key: {"x_api_key": key},
    "segment": lambda key: {"authorization": basic(key, "")},
    "langfuse": lambda key: {"authorization": basic("pk-lf-any", key)},
    "aws": lambda key: {
        "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260301/eu-central-1/firehose/aws4_request, Signature=x"
    },
    "query": lambda key: {"query": f"key={key}"},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_key_is_found_where_each_client_puts_it(doors: Doors, grants: SqliteGrants, place: str) -> None:
    key = grants.add("emitter", (), None, "")
    assert doors.answer(post(**PLACES[place](key.text))).status == 200
    assert doors.answer(post(**PLACES[place](key.text[:-1] + "?"))).status == 401


def test_segments_browser_library_has_it_in_the_body(doors: Doors, grants: SqliteGrants, sink: MemorySink) -> None:
    key = grants.add("emitter", ("shop",), None, "")
    call = {"event": "Saved", "userId": "u", "messageId": "m", "writeKey": key.text}
    assert doors.answer(post("/v1/t", call)).status == 200
    assert sink.rows("behavior")[0]["environment"] == "shop"
    assert doors.answer(post("/v1/t", {**call, "writeKey": "other"})).status == 401


def test_without_keys_everybody_may_send_and_read(doors: Doors, gate: Gate) -> None:
    assert doors.answer(post(authorization=basic("any", "thing"))).status == 200
    assert gate.reader(post()) is None


@pytest.mark.parametrize("path", DOORS)
def test_every_door_asks_for_a_key_in_its_own_form_and_books_nothing(
    doors: Doors, grants: SqliteGrants, sink: MemorySink, path: str
) -> None:
    grants.add("emitter", (), None, "")
    for method in DOORS[path].methods:
        answer = doors.answer(Request(method, path, {"content-type": "application/json"}, b"{}"))
        assert answer.status == 401
        assert b"promptlake access add --role emitter" in answer.body
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert (sink.delivered, sink.refused) == ([], [])


def test_a_write_key_reads_nothing_and_a_read_key_writes_nothing(
    doors: Doors, gate: Gate, grants: SqliteGrants, sink: MemorySink
) -> None:
    writer, reader = grants.add("emitter", (), None, ""), grants.add("viewer", (), None, "")
    for key, may_send in ((writer, True), (reader, False)):
        request = post(authorization=f"Bearer {key.text}")
        assert doors.answer(request).status == (200 if may_send else 403)
        if may_send:
            with pytest.raises(NotLetIn, match="may send, not read"):
                gate.reader(request)
        else:
            grant = gate.reader(request)
            assert grant is not None
            assert grant.id == key.id
    assert len(sink.delivered) == 1


def test_a_write_key_reads_nothing_even_where_reading_is_open(gate: Gate, grants: SqliteGrants) -> None:
    key = grants.add("emitter", (), None, "")
    with pytest.raises(NotLetIn):
        gate.reader(post(x_api_key=key.text))


def test_what_a_key_sends_is_of_its_environment(doors: Doors, grants: SqliteGrants, sink: MemorySink) -> None:
    key = grants.add("emitter", ("staging", "dev"), None, "")
    sent = [event(), event(environment="dev"), event(environment="production")]
    answer = doors.answer(post(body=sent, authorization=f"Bearer {key.text}"))
    assert [error["code"] for error in orjson.loads(answer.body)["errors"]] == ["wrong_environment"]
    assert [row["environment"] for row in sink.rows("prompt_execution")] == ["staging", "dev"]
    consent = post("/v1/consent", {"user_id": "u", "analytics": False, "environment": "production"}, x_api_key=key.text)
    assert doors.answer(consent).status == 403


def test_a_key_that_sends_too_fast_is_told_when_to_come_again(
    doors: Doors, grants: SqliteGrants, clock: Clock, sink: MemorySink
) -> None:
    key = grants.add("emitter", (), 2.0, "")
    other = grants.add("emitter", (), None, "")

    def send(events: int, text: str = key.text) -> Response:
        return doors.answer(post(body=[event() for _ in range(events)], authorization=f"Bearer {text}"))

    burst = int(2 * BURST_S)
    assert send(burst + 6).status == 200  # what is in one request is taken whole
    answer = send(1)
    assert (answer.status, answer.headers["retry-after"]) == (429, "3")
    assert "2 events a second; wait 3.0 s" in orjson.loads(answer.body)["detail"]
    assert send(1, other.text).status == 200
    clock.now_s = 2.9
    assert send(1).status == 429
    clock.now_s = 3.1
    assert send(1).status == 200
    clock.now_s = 1e6
    assert send(burst).status == 200
    assert len(sink.delivered) == 4
    assert sink.refused == []


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Bearer",
        "AWS4-HMAC-SHA256 x",
        "\x00",
    ],
)
def test_what_is_no_credential_is_none(doors: Doors, grants: SqliteGrants, header: str) -> None:
    grants.add("emitter", (), None, "")
    assert doors.answer(post(authorization=header)).status == 401


def test_outcomes_are_charged_once_they_are_kept(gate: Gate, grants: SqliteGrants) -> None:
    class Full(MemorySink):
        def deliver(self, door: str, outcome: Outcome) -> None:
            raise OSError(28, "No space left on device")

    key = grants.add("emitter", (), 1.0, "")
    doors = Doors(Delivery(step(), Full()), lambda: NOW, gate=gate)
    request = post(body=[event() for _ in range(100)], authorization=f"Bearer {key.text}")
    assert [doors.answer(request).status for _ in range(3)] == [503, 503, 503]


def test_who_may_work_on_templates_reads_and_does_not_send(doors: Doors, gate: Gate, grants: SqliteGrants) -> None:
    key = grants.add("editor", (), None, "", "ann")
    request = post(authorization=f"Bearer {key.text}")
    grant = gate.reader(request)
    assert grant is not None
    assert (grant.role, grant.name) == ("editor", "ann")
    grants.add("emitter", (), None, "")
    assert doors.answer(request).status == 403


def test_a_key_for_one_environment_does_not_read_all_of_them(gate: Gate, grants: SqliteGrants) -> None:
    key = grants.add("admin", ("staging",), None, "", "ann")
    request = post(authorization=f"Bearer {key.text}")
    assert gate.actor(request).environments == ("staging",)
    with pytest.raises(NotLetIn, match="for staging only"):
        gate.reader(request)


def test_who_has_no_key_works_on_templates_until_one_was_made(gate: Gate, grants: SqliteGrants) -> None:
    assert (gate.actor(post()).role, gate.actor(post()).name) == ("admin", "local")
    key = grants.add("approver", (), None, "", "bob")
    assert gate.actor(post()).role == "viewer", "reading is still open"
    assert gate.actor(post(authorization=f"Bearer {key.text}")).role == "approver"
    emitter = grants.add("emitter", (), None, "")
    with pytest.raises(NotLetIn, match="may send, not read"):
        gate.actor(post(authorization=f"Bearer {emitter.text}"))
    grants.add("viewer", (), None, "")
    with pytest.raises(NotLetIn):
        gate.actor(post())


def test_where_others_reach_it_everything_needs_a_key(grants: SqliteGrants) -> None:
    closed = Gate(grants, is_closed=True)
    for ask in (closed.reader, closed.sender, closed.actor):
        with pytest.raises(NotLetIn):
            ask(post())
