"""What ``up`` does beside answering: it drains the spool, and builds in a process of its own."""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from threading import Thread
from typing import IO

from infra.local.lake import Lake, LakeError

DRAIN_EVERY_S = 10.0
DRAIN_BYTES = 32 << 20
"""Bronze objects should be few and large: a drain waits this long, or for this much. Whoever reads drains first."""


class Background:
    """Drains in a thread, builds in a child process, so that neither keeps a client waiting."""

    def __init__(self, lake: Lake, build_every_s: float | None) -> None:
        self._lake, self._build_every_s = lake, build_every_s
        self._drain: Thread | None = None
        self._drained_at = 0.0
        self._drain_failed = False
        self._build: subprocess.Popen[bytes] | None = None
        self._build_errors: IO[bytes] = io.BytesIO()
        self._built_at = time.monotonic() - (build_every_s or 0.0)
        self.problem: str | None = None
        """What went wrong last, for the status page; None once it went well again."""

    def wants_drain(self, now_s: float, waiting_bytes: int) -> bool:
        """Start a drain if one is due; says whether it did."""
        due = (waiting_bytes > 0 or self._drain_failed) and (
            now_s - self._drained_at >= DRAIN_EVERY_S or waiting_bytes >= DRAIN_BYTES
        )
        if not due or (self._drain is not None and self._drain.is_alive()):
            return False
        self._drained_at = now_s
        self._drain = Thread(target=self._drain_once, name="drain")
        self._drain.start()
        return True

    def build_if_due(self, now_s: float, before: Callable[[], None]) -> None:
        """Start a build if one is due and none is running; ``before`` hands over what is in the open segment."""
        if self._build is not None and self._build.poll() is not None:
            self._note_build(self._build)
            self._build = None
        if self._build_every_s is None or self._build is not None or now_s - self._built_at < self._build_every_s:
            return
        self._built_at = now_s
        before()
        command = [sys.executable, "-m", "infra.local.cli", "build", "--quiet", "--lake", str(self._lake.root)]
        self._build_errors = tempfile.TemporaryFile()  # noqa: SIM115 - read when the build has ended
        try:
            self._build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._build_errors)  # noqa: S603
        except OSError as error:
            self._tell(f"No build could be started ({error}); it is tried again.")

    def stop(self) -> None:
        """Wait for a drain, and end a build: it is safe to be cut off anywhere."""
        if self._drain is not None:
            self._drain.join()
        if self._build is not None:
            self._build.terminate()
            self._build.wait()
        self._drain_once()

    def _drain_once(self) -> None:
        try:
            drained = self._lake.drain()
        except (OSError, LakeError) as error:
            self._drain_failed = True
            self._tell(f"The spool could not be drained ({error}); nothing is lost, it is tried again.")
        else:
            self._drain_failed = False
            self.problem = None
            for sentence in drained.damaged:
                self._tell(sentence)

    def _note_build(self, build: subprocess.Popen[bytes]) -> None:
        with self._build_errors as file:
            file.seek(0)
            errors = file.read().decode(errors="replace").strip()
        if build.returncode != 0:
            self._tell(errors or f"The build ended with {build.returncode}.")
        else:
            self.problem = None

    def _tell(self, sentence: str) -> None:
        if sentence != self.problem:
            print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the server's log
        self.problem = sentence
