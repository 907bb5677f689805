"""``promptlake up`` as a child of the demo."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.request import urlopen

from infra.local.lake import LakeError

BUILD_EVERY = "60s"


class Child:
    """The running server."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process, self.url = process, url

    def wait(self) -> None:
        """Return when it has ended by itself."""
        self._process.wait()


@contextmanager
def server(root: Path, port: int) -> Iterator[Child]:
    """Start the server and stop it again, whatever happens.

    Raises:
        LakeError: it does not start, for the reason that it gives.
    """
    command = [sys.executable, "-m", "infra.local.cli", "up", "--json"]
    command += ["--lake", str(root), "--port", str(port), "--build-every", BUILD_EVERY]
    for number in (signal.SIGTERM, signal.SIGHUP):
        # By themselves these end us without any `finally`, and the server would be left behind.
        signal.signal(number, _leave)
    with tempfile.TemporaryFile("w+") as errors:
        # Out of our session, so that Ctrl-C reaches us only, and the server ends after its last client.
        process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        assert process.stdout is not None  # noqa: S101 - it is piped
        try:
            said = process.stdout.readline()
            if not said:
                process.wait()
                errors.seek(0)
                lines = errors.read().strip().splitlines() or [f"The server ended with {process.returncode}."]
                raise LakeError(lines[-1].removeprefix("promptlake: "))
            url = str(json.loads(said)["url"])
            _wait_until_well(url)
            yield Child(process, url)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def _wait_until_well(url: str) -> None:
    # It listens before it says so: one request, answered when it is ready.
    try:
        with urlopen(f"{url}/healthz", timeout=60):  # noqa: S310 - our own, on loopback
            pass
    except OSError as error:
        raise LakeError(f"The server at {url} does not answer ({error}); run `promptlake demo` again.") from error


def _leave(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
