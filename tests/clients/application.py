"""A web application of another origin than the server's: pages, the npm clients, and what its pages report back."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.clients.npm import installed

_TYPES = {".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Of many parts, for a browser takes a large image of few bytes for a background.
_STRIPES = "".join(f'<path d="M{x} 0h3v400h-3z"/>' for x in range(0, 600, 6))
_HERO = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">{_STRIPES}</svg>'.encode()


@dataclass
class Application:
    """A running application."""

    port: int
    said: list[dict[str, Any]] = field(default_factory=list)
    """Each JSON body that a page posted to ``/said``."""

    def url(self, path: str, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def application(pages: Path) -> Iterator[Application]:
    """Serve a folder of pages on a free port."""
    modules = installed()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            file = (modules if path.startswith("/node_modules/") else pages) / path[1:]
            body = _HERO if path == "/hero.svg" else file.read_bytes() if file.is_file() else None
            self._answer(404 if body is None else 200, body or b"", _TYPES.get(file.suffix, "text/plain"))

        def do_POST(self) -> None:
            app.said.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self._answer(204, b"", "text/plain")

        def _answer(self, status: int, body: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    app = Application(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
