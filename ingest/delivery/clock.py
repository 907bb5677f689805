"""The clock of a lake: one for all processes that use it, and it never runs backwards, whatever the machine's does.

``docs/adr/0013-the-lake-has-a-clock.md`` says what rests on it.
"""

import fcntl
import os
import time
from io import FileIO
from pathlib import Path

from ingest.delivery.durable import sync_folder

_DIGITS = 20


class LakeClock:
    """Gives instants, each later than all that were given before. A file in the spool holds the last one.

    Safe to use from several processes at once; a thread takes one of its own.
    """

    def __init__(self, spool: Path) -> None:
        self._folder = spool
        self._file = FileIO(
            str(spool / "clock"), "r+", opener=lambda path, flags: os.open(path, flags | os.O_CREAT, 0o666)
        )
        self.behind_us = 0
        """How far the machine's clock was behind when last asked: above 0, it has been set back."""

    def close(self) -> None:
        self._file.close()

    def tick_us(self) -> int:
        """The time, in µs since 1970; where the machine's clock stands behind, the next µs after the last instant.

        Raises:
            OSError: it can't be remembered, because the folder is read-only, say; then no instant was given.
        """
        descriptor = self._file.fileno()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            told = os.pread(descriptor, _DIGITS, 0)
            next_us = (int(told) if told.isdigit() else 0) + 1  # a power cut may leave anything in it
            machine_us = time.time_ns() // 1000
            now_us = max(machine_us, next_us)
            os.pwrite(descriptor, b"%020d" % now_us, 0)
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        self.behind_us = now_us - machine_us
        return now_us

    def sync(self) -> None:
        """Make sure that no power cut takes the clock back behind what it gave until now."""
        os.fsync(self._file.fileno())
        sync_folder(self._folder)
