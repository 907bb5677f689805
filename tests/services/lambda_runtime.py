"""Lambda's runtime API, behind which a function runs under the client that runs it in AWS."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

needs_runtime = pytest.mark.skipif(
    find_spec("awslambdaric") is None, reason="awslambdaric, Lambda's runtime client, is not installed"
)


class RuntimeApi(BaseHTTPRequestHandler):
    """Hands out one event and takes its answer: its kind, ``response`` or ``error``, and its body."""

    protocol_version = "HTTP/1.1"
    events: "Queue[bytes]"
    answers: "Queue[tuple[str, bytes]]"
    lives_s = 900.0

    def do_GET(self) -> None:
        self._reply(self.events.get())  # where there is none, the runtime waits, as it does in Lambda

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "runtime" in self.path:
            self.answers.put((self.path.rpartition("/")[2], body))
            self._reply(b"{}")
        else:
            self._reply(self.other(body))

    def other(self, body: bytes) -> bytes:
        """The answer to what is asked of other services at this address."""
        raise NotImplementedError

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + self.lives_s) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:f")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: what is asked for, the test knows."""


@contextmanager
def function(
    handler: str,
    environment: Mapping[str, str],
    api: type[RuntimeApi] = RuntimeApi,
    memory_mb: int = 512,
    package: Path | None = None,
) -> Iterator[type[RuntimeApi]]:
    """The function in a process of its own. ``{api}`` in the environment becomes the address of the API.

    It is of this project as it is installed here; or of a package, and then of nothing else.
    """
    here: type[RuntimeApi] = type("Here", (api,), {"events": Queue(), "answers": Queue()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), here)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # the killed client of ours leaves a connection
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    given = {name: value.replace("{api}", address) for name, value in environment.items()}
    lambda_ = {
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": "g",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    }
    alone: list[str] = []
    if package is not None:
        alone = ["-S"]  # without the packages that are installed here
        given |= {"PYTHONPATH": os.pathsep.join([str(package), str(_client_alone(package.parent / "ric"))])}
    command = [sys.executable, *alone, "-m", "awslambdaric", handler]
    process = subprocess.Popen(command, env={**os.environ, **lambda_, **given}, cwd=package)
    try:
        yield here
    finally:
        process.kill()
        process.wait(timeout=30)
        server.shutdown()
        server.server_close()


def _client_alone(folder: Path) -> Path:
    """A folder that holds the runtime's client and what it needs, as a function's image has them beside its code."""
    folder.mkdir(exist_ok=True)
    for distribution in ("awslambdaric", "snapshot_restore_py", "simplejson"):
        for file in files(distribution) or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).exists():
                installed = Path(str(file.locate()))
                (folder / top).symlink_to([installed, *installed.parents][len(file.parts) - 1])
    return folder
