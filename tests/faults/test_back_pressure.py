"""More than can be drained, read or answered: 503 and Retry-After, as the protocol has it, and nothing taken."""

import fcntl
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import Status as MessageInField2
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from infra.local.admission import BODIES_MAX_BYTES, REQUESTS_MAX
from ingest.doors.body import BODY_MAX_BYTES
from tests.commands import Up, run_json, up
from tests.faults.producers import otlp
from tests.lakes import event

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
NOT_TAKEN = "Nothing was taken, because it could not be stored"
BACKLOG = f"{NOT_TAKEN} (the spool holds over 1 MiB that are not drained yet)"


class Client(NamedTuple):
    """A request, and where the sentence stands in the answer that its protocol wants."""

    path: str
    body: bytes
    headers: dict[str, str]
    sentence: Callable[[bytes], str]


def _amazon(body: bytes) -> str:
    document = json.loads(body)
    assert document["__type"] == "ServiceUnavailableException"
    return str(document["message"])


def _detail(body: bytes) -> str:
    return str(json.loads(body)["detail"])


CLIENTS = [
    Client("/v1/events", json.dumps(event()).encode(), {"content_type": JSON}, _detail),
    # google.rpc.Status, which has its message in the same field as OTLP's own.
    Client(
        "/v1/traces",
        otlp("t", 0, random.Random(1))[3],  # noqa: S311
        {"content_type": PROTOBUF},
        lambda body: str(MessageInField2.FromString(body).message),
    ),
    Client("/v1/logs", b"{", {"content_type": JSON}, lambda body: str(json.loads(body)["message"])),
    Client("/", b"{}", {"x_amz_target": "Kinesis_20131202.PutRecord"}, _amazon),
]


def all_are_told(server: Up) -> set[str]:
    """What each kind of client hears; every one is to come again."""
    told = set()
    for client in CLIENTS:
        status, headers, said = server.call("POST", client.path, client.body, **client.headers)
        assert (status, headers["retry-after"]) == (503, "5"), client.path
        told.add(client.sentence(said))
    return told


def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def counted(lake: Path) -> tuple[int, int]:
    """Events received, and requests refused."""
    status = run_json("status", "--lake", lake)
    assert status["reconciles"]
    return sum(row["received"] for row in status["reconciliation"]), status["refused_requests"]


@contextmanager
def undrained(lake: Path) -> Iterator[None]:
    """For as long as nobody can drain."""
    with (lake / "spool" / "drain.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_spool_that_is_not_drained_takes_no_more_until_it_is(tmp_path: Path) -> None:
    lake, batch = tmp_path / "lake", [event("behavior", properties={"text": "x" * 10_000}) for _ in range(10)]
    taken = 0
    with up(lake, "--build-every", "0", "--spool-max", "1M") as server:
        with undrained(lake):

            def is_full() -> bool:
                nonlocal taken
                status, _ = server.json("POST", "/v1/events", batch)
                taken += len(batch) if status == 200 else 0
                return status == 503

            until(is_full)
            assert all_are_told(server) == {f"{BACKLOG}; send it again later."}
            feedback = b'{"kind": "thumb", "thumb": "up"}'
            status, headers, said = server.call("POST", "/analytics/feedback", feedback, content_type=JSON)
            assert (status, "retry-after" in headers, "1 MiB" in _detail(said)) == (503, True, True)
            until(lambda: server.json("GET", "/healthz")[1]["status"] == "degraded")
            exporter = threading.Thread(target=_export, args=(server.url,))
            exporter.start()
            time.sleep(0.5)  # it has been refused by now, and waits; if not yet, the test shows less, and still holds
        exporter.join()
        taken += 1
        until(lambda: server.json("GET", "/healthz")[1]["status"] == "ok")
    assert counted(lake) == (taken, 0)


def _export(url: str) -> None:
    """One execution, by an exporter that tries until it is taken."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces", timeout=60)))
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
    with provider.get_tracer("test").start_as_current_span("chat", attributes=attributes):
        pass
    provider.shutdown()


def begin(server: Up, body: bytes, length: int) -> socket.socket:
    """A request of which so much is sent, and the rest not yet."""
    address = urlsplit(server.url)
    client = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60)
    client.sendall(f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n".encode() + body)
    return client


def status_of(client: socket.socket) -> bytes:
    return client.recv(65_536).partition(b"\r\n")[0]


def test_more_requests_than_are_answered_at_once_are_told_to_come_again(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server, ExitStack() as crowd:
        for _ in range(REQUESTS_MAX):
            crowd.enter_context(begin(server, b"{", 100))
        until(lambda: server.call("POST", "/v1/events", CLIENTS[0].body)[0] == 503)
        assert all_are_told(server) == {
            f"{NOT_TAKEN} ({REQUESTS_MAX} requests are being answered already); send it again later."
        }
        taken = server.json("GET", "/healthz")[0] == 200
        crowd.close()
        until(lambda: server.call("POST", "/v1/events", CLIENTS[0].body)[0] == 200)
    received, refused = counted(lake)
    assert (received >= 1, refused, taken) == (True, 0, False)


def test_more_bytes_than_fit_into_memory_are_told_to_come_again(tmp_path: Path) -> None:
    """As many bodies of the largest size as have room, all but their ends; the next is one too many."""
    lake = tmp_path / "lake"
    line = json.dumps(event()).encode()
    padding = b" " * (BODY_MAX_BYTES - len(line))
    with up(lake, "--build-every", "0") as server, ExitStack() as crowd:
        clients = [
            crowd.enter_context(begin(server, padding, BODY_MAX_BYTES))
            for _ in range(BODIES_MAX_BYTES // BODY_MAX_BYTES)
        ]
        one_too_many = crowd.enter_context(begin(server, padding, BODY_MAX_BYTES))
        assert status_of(one_too_many) == b"HTTP/1.1 503 Service Unavailable"
        for client in clients:
            client.sendall(line)
        assert {status_of(client) for client in clients} == {b"HTTP/1.1 200 OK"}
        again = crowd.enter_context(begin(server, padding + line, BODY_MAX_BYTES))
        assert status_of(again) == b"HTTP/1.1 200 OK"
    assert counted(lake) == (len(clients) + 1, 0)
