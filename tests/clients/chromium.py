"""A real browser without a window, driven by its DevTools protocol over a pipe."""

import json
import os
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

DEADLINE_S = 60
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # which root may not have; every page here is our own
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)
# The browser takes commands on descriptor 3 and answers on 4.
_ON_3_AND_4 = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'


class Browser:
    """One page of a running browser."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process, self._ids, self._read = process, count(1), b""
        self._session: str | None = None
        self._events: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable")

    def send(self, method: str, **parameters: Any) -> Any:
        """One command; returns its result once the browser has it."""
        number = next(self._ids)
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\0")
        self._process.stdin.flush()
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            self._events.append(message.get("method", ""))

    def open(self, url: str) -> None:
        """Go to a page, as a click on a link would; returns once it has loaded."""
        self._events.clear()
        assert "errorText" not in (went := self.send("Page.navigate", url=url)), went
        while "Page.loadEventFired" not in self._events:
            self._events.append(self._next().get("method", ""))

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page, awaited if it is a promise."""
        said = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element."""
        box = self.evaluate(f"document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **at)

    def close(self) -> None:
        """End the browser as its window's button would."""
        self._session = None
        self.send("Browser.close")
        self._process.wait(timeout=DEADLINE_S)

    def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        end = time.monotonic() + DEADLINE_S
        with selectors.DefaultSelector() as waiting:  # which knows descriptors of any number
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            while b"\0" not in self._read:
                assert waiting.select(max(0, end - time.monotonic())), f"the browser said nothing for {DEADLINE_S} s"
                part = os.read(self._process.stdout.fileno(), 1 << 16)
                assert part, "the browser ended"
                self._read += part
        message, _, self._read = self._read.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    """A browser with a profile of its own. Skips where none is installed."""
    program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("There is no Chromium here: it is the browser whose pages send beacons.")
    # A helper process may write a last time into the profile while it is removed.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["sh", "-c", _ON_3_AND_4, "sh", program, *_FLAGS, f"--user-data-dir={profile}", *flags]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            page = Browser(process)
            yield page
            page.close()
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE_S)
