"""A server that models are asked at, over real HTTP: OpenAI's chat completions and Bedrock's Converse, whole and in
parts, and all the ways in which it may fail.
"""

from __future__ import annotations

import binascii
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 100}
CONVERSE_USAGE = {"inputTokens": 1_000, "outputTokens": 100, "totalTokens": 1_100}


@dataclass
class Reply:
    """One answer. ``cut`` breaks it off in the middle; ``holds`` gives none until the server may go on."""

    text: str = "Hello!"
    usage: Any = None
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    holds: bool = False


@dataclass
class ModelServer:
    """What it answers, the next one first, and then always ``reply``; and what it was asked."""

    url: str = ""
    reply: Reply = field(default_factory=Reply)
    script: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    was_asked: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str, sent: Any) -> Reply:
        with self.lock:
            self.asked.append((path, sent))
            self.was_asked.set()
            return self.script.pop(0) if self.script else self.reply


@contextmanager
def model_server() -> Iterator[ModelServer]:
    served = ModelServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield served
    finally:
        served.may_go_on.set()
        server.shutdown()
        server.server_close()


def _handler(served: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = unquote(self.path)
            reply = served.next(path, sent)
            is_streamed = path.endswith("/converse-stream") or sent.get("stream")
            if reply.holds and not is_streamed:
                served.may_go_on.wait(60)
            parts = [reply.body] if reply.body is not None else _parts(path, reply, is_streamed=bool(is_streamed))
            kind = "application/json"
            if is_streamed and reply.body is None:
                kind = "application/vnd.amazon.eventstream" if "/model/" in path else "text/event-stream"
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(sum(map(len, parts))))
            self.end_headers()
            with suppress(OSError):  # who asked went away
                for number, part in enumerate(parts):
                    if number == 1 and reply.holds:
                        served.may_go_on.wait(60)
                    if reply.cut and number == len(parts) // 2:
                        self.wfile.write(part[: len(part) // 2])
                        return
                    self.wfile.write(part)
                    self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler


def _parts(path: str, reply: Reply, *, is_streamed: bool) -> list[bytes]:
    if "/model/" in path:
        return _converse(reply, is_streamed=is_streamed)
    usage = USAGE if reply.usage is None else reply.usage
    if not is_streamed:
        choice = {"index": 0, "message": {"role": "assistant", "content": reply.text}, "finish_reason": "stop"}
        return [json.dumps({"model": "gpt-4o-mini", "choices": [choice], "usage": usage}).encode()]
    half = len(reply.text) // 2
    chunks: list[Any] = [{"choices": [{"delta": {"content": text}}]} for text in (reply.text[:half], reply.text[half:])]
    chunks += [{"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
    lines = [json.dumps({"model": "gpt-4o-mini"} | chunk) for chunk in chunks]
    return [f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"]]


def _converse(reply: Reply, *, is_streamed: bool) -> list[bytes]:
    usage = CONVERSE_USAGE if reply.usage is None else reply.usage
    if not is_streamed:
        message = {"role": "assistant", "content": [{"text": reply.text}]}
        answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
        return [json.dumps(answer).encode()]
    half = len(reply.text) // 2
    events: list[tuple[str, Any]] = [
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
        for text in (reply.text[:half], reply.text[half:])
    ]
    events += [("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})]
    return [_aws_event(name, json.dumps(payload).encode()) for name, payload in events]


def _aws_event(name: str, payload: bytes) -> bytes:
    """One message of AWS's event stream encoding."""
    headers = b""
    for key, value in ((":event-type", name), (":content-type", "application/json"), (":message-type", "event")):
        headers += struct.pack("!B", len(key)) + key.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
    prelude = struct.pack("!II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", binascii.crc32(message))
