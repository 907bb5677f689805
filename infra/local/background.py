"""What ``up`` does beside answering: it drains the spool, and builds in a process of its own."""

import io
import subprocess
import sys
import tempfile
import time
from threading import Thread
from typing import IO

from infra.local.lake import Lake, LakeError
from infra.local.sink import SpoolSink
from serving.logic.health import Component

DRAIN_EVERY_S = 10.0
DRAIN_BYTES = 32 << 20
"""Bronze objects should be few and large: a drain waits this long, or for this much. Whoever reads drains first."""
PARTS = {"tick": "server", "backlog": "doors", "clock": "clock", "drain": "bronze", "build": "build"}
"""What can go wrong, and the component that is down then."""
CLOCK_BEHIND_S = 60.0
"""Where the machine's clock was set back further than this, somebody should know."""


class Background:
    """Drains in a thread, builds in a child process, so that neither keeps a client waiting."""

    def __init__(self, lake: Lake, sink: SpoolSink, build_every_s: float | None) -> None:
        self._lake, self._sink, self._build_every_s = lake, sink, build_every_s
        self._drain: Thread | None = None
        self._drained_at = time.monotonic() - DRAIN_EVERY_S  # what a server before this one left is drained at once
        self._build: subprocess.Popen[bytes] | None = None
        self._build_errors: IO[bytes] = io.BytesIO()
        self._built_at = time.monotonic() - (build_every_s or 0.0)
        self._warned = ""
        self._problems: dict[str, str] = {}

    def components(self) -> list[Component]:
        """How each part is now."""
        problems = dict(self._problems)
        return [Component(name, problems.get(part)) for part, name in PARTS.items()]

    def tick(self, now_s: float) -> None:
        """Do what is due by now, which is of the monotonic clock. Returns at once."""
        try:
            self._sink.roll_if_due(now_s)
            self._drain_if_due(now_s)
            self._build_if_due(now_s)
        except OSError as error:
            self._tell("tick", f"The server can't do all it should ({error}); it is tried again.")
        else:
            self._tell("tick", None)
        backlog = self._sink.backlog
        self._tell("backlog", backlog and f"New events are refused: {backlog}.")
        self._tell("clock", _told_behind(self._sink.clock_behind_s))

    def stop(self) -> None:
        """Hand over what is open, wait for a drain, and end a build: it is safe to be cut off anywhere."""
        self._sink.roll()
        if self._drain is not None:
            self._drain.join()
        if self._build is not None:
            self._build.terminate()
            self._build.wait()
        self._drain_once()

    def _drain_if_due(self, now_s: float) -> None:
        if now_s - self._drained_at < DRAIN_EVERY_S and self._sink.rolled_bytes < DRAIN_BYTES:
            return
        if self._drain is not None and self._drain.is_alive():
            return
        self._drained_at = now_s
        self._sink.drain_begins()
        self._drain = Thread(target=self._drain_once, name="drain")
        self._drain.start()

    def _drain_once(self) -> None:
        try:
            # Also what others wrote: an import beside this server drains nothing before its end.
            damaged = self._lake.drain().damaged if self._lake.spool_bytes() else ()
            self._sink.left_bytes = self._lake.spool_bytes()
        except (OSError, LakeError, ValueError) as error:
            self._tell("drain", f"{error} Nothing is lost, it is tried again.")
        else:
            self._tell("drain", " ".join(damaged) or None)

    def _build_if_due(self, now_s: float) -> None:
        if self._build is not None and self._build.poll() is not None:
            self._note_build(self._build)
            self._build = None
        if self._build_every_s is None or self._build is not None or now_s - self._built_at < self._build_every_s:
            return
        self._built_at = now_s
        self._sink.roll()
        command = [sys.executable, "-m", "infra.local.cli", "build", "--quiet", "--lake", str(self._lake.root)]
        try:
            self._build_errors = tempfile.TemporaryFile()  # noqa: SIM115 - read when the build has ended
            self._build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._build_errors)  # noqa: S603
        except OSError as error:
            self._tell("build", f"No build could be started ({error}); it is tried again.")

    def _note_build(self, build: subprocess.Popen[bytes]) -> None:
        with self._build_errors as file:
            file.seek(0)
            errors = file.read().decode(errors="replace").strip()
        if build.returncode:
            self._tell("build", errors or f"The build ended with {build.returncode}.")
            return
        self._tell("build", None)
        if errors != self._warned:  # and not the same again with every build
            self._warned = errors
            _log(errors)

    def _tell(self, part: str, sentence: str | None) -> None:
        if sentence is None:
            self._problems.pop(part, None)
            return
        if sentence != self._problems.get(part):
            _log(sentence)
        self._problems[part] = sentence


def _log(text: str) -> None:
    if text:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def _told_behind(behind_s: float) -> str | None:
    if behind_s < CLOCK_BEHIND_S:
        return None
    return (
        f"The machine's clock stands more than {CLOCK_BEHIND_S:.0f} s behind the last arrival in this lake; what "
        "arrives gets the time of that arrival until the clock has caught up."
    )
