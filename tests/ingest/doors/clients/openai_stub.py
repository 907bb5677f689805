"""Answers as OpenAI's API does, as far as its client and those who watch it need."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWERED_BY = "gpt-4o-mini-2024-07-18"
TOO_BUSY = "gpt-too-busy"
"""Asked for this model, the stub says 429."""

USAGE = {
    "prompt_tokens": 1200,
    "completion_tokens": 80,
    "total_tokens": 1280,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 0},
}
EMBEDDING_USAGE = {"prompt_tokens": 9, "total_tokens": 9}
_CHAT = {"id": "chatcmpl-1", "created": 1772366395, "model": ANSWERED_BY, "service_tier": "flex"}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked["model"] == TOO_BUSY:
            error = {"message": "Slow down.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
            self._answer(429, "application/json", json.dumps({"error": error}))
        elif self.path.endswith("/embeddings"):
            vector = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
            document = {"object": "list", "model": asked["model"], "data": [vector], "usage": EMBEDDING_USAGE}
            self._answer(200, "application/json", json.dumps(document))
        elif asked.get("stream"):
            lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks()]
            self._answer(200, "text/event-stream", "".join([*lines, "data: [DONE]\n\n"]))
        else:
            message = {"role": "assistant", "content": "Hello there."}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            document = {**_CHAT, "object": "chat.completion", "choices": [choice], "usage": USAGE}
            self._answer(200, "application/json", json.dumps(document))

    def _answer(self, status: int, media_type: str, body: str) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: object) -> None:
        """Not into the test's output."""


def _chunks() -> Iterator[dict[str, Any]]:
    common = {**_CHAT, "object": "chat.completion.chunk", "usage": None}
    for piece in ("Hello", " there."):
        choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
        yield {**common, "choices": [choice]}
    yield {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {**common, "choices": [], "usage": USAGE}


@contextmanager
def openai_stub() -> Iterator[str]:
    """A base URL for OpenAI's client."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
