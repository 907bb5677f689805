"""Counts of what became of events."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock


@dataclass(frozen=True)
class Stats:
    """A snapshot: each event that was emitted is counted once, or twice while it moves on."""

    taken: int
    """The sink has acknowledged them."""
    refused: Mapping[str, int]
    """The sink will never take them, by its reason."""
    dropped: Mapping[str, int]
    """Lost on this side: ``queue_full``, ``gave_up``, ``closed``, ``not_json``, ``not_a_dict``, ``too_large`` or
    ``no_stream``."""
    waiting: int
    """Not yet known."""

    @property
    def lost(self) -> int:
        """Refused and dropped together."""
        return sum(self.refused.values()) + sum(self.dropped.values())


class Tally:
    """Counted by several threads. The lock is one that a signal handler that emits may take twice."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._taken = 0
        self._refused: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._first_reason = ""
        self._reported = Stats(0, {}, {}, 0)

    def take(self, count: int) -> None:
        with self._lock:
            self._taken += count

    def refuse(self, refused: Counter[str], reason: str) -> None:
        with self._lock:
            self._refused += refused
            self._first_reason = self._first_reason or reason

    def drop(self, code: str, count: int = 1, reason: str = "") -> None:
        with self._lock:
            self._dropped[code] += count
            self._first_reason = self._first_reason or reason

    def snapshot(self, waiting: int) -> Stats:
        with self._lock:
            return Stats(self._taken, dict(self._refused), dict(self._dropped), waiting)

    def news(self) -> str:
        """One sentence on what was lost since the last call; empty where nothing was."""
        with self._lock:
            now, before = self.snapshot(0), self._reported
            self._reported = now
            reason, self._first_reason = self._first_reason, ""
        parts = [
            f"{sum(lost.values()):,} events were {verb} ({', '.join(f'{code} {n:,}' for code, n in lost.items())})"
            for verb, lost in (
                ("dropped", Counter(now.dropped) - Counter(before.dropped)),
                ("refused for good", Counter(now.refused) - Counter(before.refused)),
            )
            if lost
        ]
        if not parts:
            return ""
        return " and ".join(parts) + (f"; the first reason: {reason.rstrip('.')}." if reason else ".")
