"""SES as it is on a bad day, over HTTP, so that boto3 does what it does with such answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest


class Ses(BaseHTTPRequestHandler):
    """It answers what it is told to, and then that all is well."""

    answers: list[tuple[int, str] | None]
    bodies: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answer = self.answers.pop(0) if self.answers else (200, "")
        if answer is None:
            self.connection.close()  # it has read the message, and nobody knows what came of it
            return
        status, code = answer
        body = json.dumps({"MessageId": "m-1"} if status == 200 else {"message": f"It is {code}."}).encode()
        self.send_response(status)
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: what is asked for, the test knows."""


@contextmanager
def ses_that(*answers: tuple[int, str] | None) -> Iterator[type[Ses]]:
    """SES with these answers, a status and a code each, or none at all."""
    here: type[Ses] = type("Here", (Ses,), {"answers": list(answers), "bodies": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), here)
    Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{server.server_port}")
        yield here
    server.shutdown()
    server.server_close()
