"""A small HTTP server that answers what a test scripts, one answer a request, and keeps what it was sent."""

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

Scripted = tuple[int, dict[str, str], Any] | None
"""Status, headers, document; None hangs up without an answer."""


class Script:
    """The last answer stays."""

    def __init__(self, answers: Sequence[Scripted]) -> None:
        self._answers = list(answers)
        self.url = ""
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.connections: set[Any] = set()

    def next(self) -> Scripted:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def events(self, request: int) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.bodies[request].splitlines()]


@contextmanager
def serving(*answers: Scripted) -> Iterator[Script]:
    script = Script(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            script.paths.append(self.path)
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            script.bodies.append(body)
            script.connections.add(self.client_address)
            answer = script.next()
            if answer is None:
                self.close_connection = True
                return
            status, headers, document = answer
            said = orjson.dumps(document)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
