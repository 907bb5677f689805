"""Clients that are slow, leave in the middle or close their half: nobody else waits, and nothing is taken by halves."""

import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from tests.commands import Up, run_json, up
from tests.lakes import event


def connect(server: Up) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)


def request(body: bytes, length: int | None = None) -> bytes:
    head = f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length or len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def answer(client: socket.socket) -> bytes:
    received = b""
    while part := client.recv(65_536):
        received += part
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), None
        )
        if length is not None and len(body) >= length:
            break
    return received


def test_nobody_waits_for_them_and_nothing_is_taken_by_halves(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    body = orjson.dumps(event(event_id="whole"))
    with up(lake, "--build-every", "0") as server:
        slow = [connect(server) for _ in range(20)]
        for number, client in enumerate(slow):
            client.sendall(request(body)[: 30 + number * 10])  # some in their headers, some in their body
        with closing(connect(server)) as half_closed:
            half_closed.sendall(request(body))
            half_closed.shutdown(socket.SHUT_WR)
            assert b"200 OK" in answer(half_closed)
        with closing(connect(server)) as cut_off:
            cut_off.sendall(request(orjson.dumps(event(event_id="cut"))[:50], length=400))
            cut_off.shutdown(socket.SHUT_WR)
            assert b"200 OK" not in answer(cut_off)
        with closing(connect(server)) as drop_by_drop:
            for byte in request(orjson.dumps(event(event_id="drops"))):
                drop_by_drop.sendall(bytes([byte]))
            assert b"200 OK" in answer(drop_by_drop)
        with closing(connect(server)) as chunked:
            data = orjson.dumps(event(event_id="chunks"))
            chunked.sendall(
                b"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in data)
                + b"0\r\n\r\n"
            )
            assert b"200 OK" in answer(chunked)
        with closing(connect(server)) as no_http:
            no_http.sendall(b"\x16\x03\x01\x02\x00\x01" + b"\x00" * 200 + b"\r\n\r\n")  # as TLS begins
            assert b"400" in answer(no_http)
        for client in slow:
            client.close()
        assert server.json("GET", "/healthz")[1]["status"] == "ok"
    run_json("build", "--lake", lake)
    rows = run_json("sql", "SELECT event_id FROM bronze.prompt_execution ORDER BY 1", "--lake", lake)
    assert [row["event_id"] for row in rows] == ["chunks", "drops", "whole"]
    assert run_json("status", "--lake", lake)["reconciles"] is True
