"""Where the embedded doors deliver to: the lake's spool."""

from collections import Counter
from threading import Lock

from infra.local.lake import Lake
from ingest.delivery.outcome import Outcome

ROLL_BYTES = 16 << 20
ROLL_AGE_S = 0.5


class SpoolSink:
    """Appends to the spool, one batch after the other; ``roll_if_due`` hands over to the drain what was written."""

    def __init__(self, lake: Lake) -> None:
        self._writer = lake.spool_writer()
        self._lock = Lock()  # doors deliver on the event loop, the feedback route on a thread
        self._seen_bytes = 0
        self.rolled_bytes = 0
        """Bytes rolled since the last drain took them."""

    def deliver(self, door: str, outcome: Outcome) -> None:
        """Return once the batch is on disk."""
        with self._lock:
            self._writer.append(door, outcome)

    def refuse(self, door: str, code: str) -> None:
        """Book a request in which no event could be told apart."""
        with self._lock:
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
