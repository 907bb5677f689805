"""A small server that speaks OpenAI's chat completions, or fails to, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def answer_of(text: str, **more: Any) -> dict[str, Any]:
    """An answer as OpenAI gives it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1_000, "completion_tokens": 100}
    return {"model": "gpt-4o-mini", "choices": [choice], "usage": usage} | more


@dataclass
class Completions:
    """What the server answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    by_prompt: dict[str, str] = field(default_factory=dict)
    """Answers by a word of the prompt; else ``body`` is sent."""
    trickle_s: float = 0.0
    asked_once: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def say(self, document: Any) -> None:
        self.body = json.dumps(document).encode()

    def answer(self, prompt: str) -> bytes:
        for word, text in self.by_prompt.items():
            if word in prompt:
                return json.dumps(answer_of(text)).encode()
        return self.body


@contextmanager
def completions_server() -> Iterator[Completions]:
    served = Completions()
    served.may_answer.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def _handler(served: Completions) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.asked.append((self.path, dict(self.headers), sent))
            served.asked_once.set()
            served.may_answer.wait(60)
            body = served.answer(sent["messages"][0]["content"])
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked went away
                self._send(body)

        def _send(self, body: bytes) -> None:
            if not served.trickle_s:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(served.trickle_s)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
