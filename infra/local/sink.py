"""Where the embedded doors deliver to: the lake's spool."""

from collections import Counter
from datetime import datetime
from threading import Lock

from infra.local.lake import Lake
from ingest.contracts.instants import from_us
from ingest.delivery.outcome import Outcome
from ingest.delivery.unavailable import Unavailable

ROLL_BYTES = 16 << 20
ROLL_AGE_S = 0.5
SPOOL_MAX_BYTES = 1 << 30
"""A drain takes this much away in half a minute. Where more waits, something keeps drains from it, and whoever is in
charge should hear of it before the disk is full.
"""


class SpoolSink:
    """Appends to the spool, one batch after the other; ``roll_if_due`` hands over to the drain what was written."""

    def __init__(self, lake: Lake, spool_max_bytes: int = SPOOL_MAX_BYTES) -> None:
        self._writer = lake.spool_writer()
        self._max_bytes = spool_max_bytes
        self._lock = Lock()  # doors deliver on the event loop, the feedback route on a thread
        self._seen_bytes = 0
        self.rolled_bytes = 0
        """Bytes rolled since the last drain began."""
        self.left_bytes = lake.spool_bytes()
        """Bytes in the spool besides, whoever wrote them. What is rolled while a drain runs may be in both."""

    @property
    def clock_behind_s(self) -> float:
        """How far the machine's clock stood behind the lake's when the last batch was written."""
        return self._writer.clock_behind_us / 1e6

    def now(self) -> datetime:
        """The lake's time: what someone decides after something else is later, whatever the machine's clock does.

        Raises:
            OSError: the lake's folder is read-only.
        """
        with self._lock:
            return from_us(self._writer.now_us())

    def deliver(self, door: str, outcome: Outcome) -> None:
        """Return once the batch is on disk.

        Raises:
            Unavailable: too much waits for a drain already.
            OSError: the disk is full, or the lake's folder read-only.
        """
        with self._lock:
            self._check_backlog()
            self._writer.append(door, outcome)

    def refuse(self, door: str, code: str) -> None:
        """Book a request in which no event could be told apart; raises the same."""
        with self._lock:
            self._check_backlog()
            self._writer.append(door, Outcome(), Counter({code: 1}))

    def roll_if_due(self, now_s: float) -> None:
        """Close the segment once it is old or large enough, or nothing came since the last call.

        ``now_s`` is of the monotonic clock.
        """
        writer = self._writer
        if not writer.is_open:
            return
        is_quiet = writer.bytes_written == self._seen_bytes
        self._seen_bytes = writer.bytes_written
        if is_quiet or now_s - writer.opened_at >= ROLL_AGE_S or writer.bytes_written >= ROLL_BYTES:
            self.roll()

    def roll(self) -> None:
        """Close the segment, if one is open."""
        with self._lock:
            if self._writer.is_open:
                self.rolled_bytes += self._writer.bytes_written
                self._writer.roll()

    def drain_begins(self) -> None:
        """Count anew what is rolled; ``left_bytes`` is the drain's to set once it went well."""
        with self._lock:
            self.left_bytes += self.rolled_bytes
            self.rolled_bytes = 0

    @property
    def backlog(self) -> str | None:
        """Why nothing more is taken, where too much waits for a drain."""
        if self.left_bytes + self.rolled_bytes <= self._max_bytes:
            return None
        return f"the spool holds over {self._max_bytes >> 20:,} MiB that are not drained yet"

    def _check_backlog(self) -> None:
        if backlog := self.backlog:
            raise Unavailable(backlog)
