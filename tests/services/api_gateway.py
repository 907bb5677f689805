"""API Gateway's part over HTTP: a bearer's token says who asks, and the API answers the event of it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from infra.local.gateway import Resolver, ask


@contextmanager
def api_gateway(app: Resolver, people: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The address at which an API is served. ``people`` are authorizer contexts by their tokens."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            status, headers, answer = ask(app, self.command, path, query, dict(self.headers), body, people.get(token))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Nothing: what is asked for, the test knows."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def call(url: str, method: str, token: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
    """One request: status, headers with lower-case names, document."""
    named = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, named, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, json.loads(error.read())
