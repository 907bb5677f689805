"""Ports for servers that tests start."""

import socket
import subprocess
import time
from typing import Any


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for_port(port: int, server: "subprocess.Popen[Any]", within_s: float) -> None:
    """Return once a server listens.

    Raises:
        OSError: it ended, or does not listen in time.
    """
    end = time.monotonic() + within_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
