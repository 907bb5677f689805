"""What is encoded and not yet settled, between the thread that encodes and the one that sends."""

from collections import deque
from collections.abc import Iterable
from threading import Condition, Event
from typing import NamedTuple

from .packing import Row

BATCH_MAX_EVENTS = 20_000


class Batch(NamedTuple):
    """What is sent next, and who waits for it."""

    rows: list[Row]
    reached: list[Event]


class Buffer:
    """Bounded by bytes. ``events`` and ``size_bytes`` count what is being sent too, and may be read without the lock.

    Args:
        max_bytes: more is not held.
        batch_bytes: a batch of this size waits no longer.
        linger_s: how long a smaller one waits for more.
    """

    def __init__(self, max_bytes: int, batch_bytes: int, linger_s: float) -> None:
        self.events = self.size_bytes = 0
        self.max_bytes = max_bytes
        self._batch_bytes, self._linger_s = batch_bytes, linger_s
        self._items: deque[Row | Event] = deque()
        self._changed = Condition()
        self._being_sent_bytes = 0
        self._flushes_waiting = 0
        self._nudges = 0
        self._stopping = False

    def add(self, items: Iterable[Row | Event]) -> int:
        """Take rows, and events to be set when all before them is settled; returns how many rows found no room."""
        lost = 0
        with self._changed:
            for item in items:
                if isinstance(item, Event):
                    self._flushes_waiting += 1
                elif self.size_bytes + len(item.data) + 1 > self.max_bytes:
                    lost += 1
                    continue
                else:
                    self.events += 1
                    self.size_bytes += len(item.data) + 1
                self._items.append(item)
            self._changed.notify_all()
        return lost

    def take(self) -> Batch | None:
        """Wait for a batch; None once the buffer is stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._stopping)
            self._changed.wait_for(self._is_due, self._linger_s)
            return None if self._stopping else self._next()

    def _is_due(self) -> bool:
        waiting_bytes = self.size_bytes - self._being_sent_bytes
        return self._stopping or self._flushes_waiting > 0 or waiting_bytes >= self._batch_bytes

    def _next(self) -> Batch:
        batch = Batch([], [])
        while self._items:
            item = self._items[0]
            if isinstance(item, Event):
                batch.reached.append(item)
            elif batch.reached or len(batch.rows) == BATCH_MAX_EVENTS:
                break  # what comes after a flush is not waited for by it
            elif batch.rows and self._being_sent_bytes + len(item.data) + 1 > self._batch_bytes:
                break
            else:
                batch.rows.append(item)
                self._being_sent_bytes += len(item.data) + 1
            self._items.popleft()
        return batch

    def settle(self, batch: Batch) -> None:
        """Forget a batch that ``take`` gave: all of it is taken, refused or given up."""
        with self._changed:
            self.events -= len(batch.rows)
            self.size_bytes -= self._being_sent_bytes
            self._being_sent_bytes = 0
            self._flushes_waiting -= len(batch.reached)
        for reached in batch.reached:
            reached.set()

    def nudge(self) -> None:
        """Someone is in a hurry: end the pause that is under way."""
        with self._changed:
            self._nudges += 1
            self._changed.notify_all()

    def pause(self, wait_s: float, is_asked: bool) -> bool:
        """Wait before the next attempt; see ``retry.Pause``. A nudge ends one pause only, or a sink that is down would
        be asked without any.
        """
        with self._changed:
            seen = self._nudges
            self._changed.wait_for(lambda: self._stopping or (not is_asked and self._nudges != seen), wait_s)
            return not self._stopping

    def stop(self) -> None:
        """No batch is given out any more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def abandon(self) -> int:
        """Forget what has not been given out; returns how many rows that were."""
        with self._changed:
            rows = [item for item in self._items if not isinstance(item, Event)]
            self._items.clear()
            self.events -= len(rows)
            self.size_bytes -= sum(len(row.data) + 1 for row in rows)
        return len(rows)
