"""The way of an event: queue, encoding thread, buffer, sending thread. A child after a fork gets a line of its own."""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from .buffer import Batch, Buffer
from .encoding import encode
from .exchange import Refusal, Sink
from .packing import Row
from .retry import Patience, deliver
from .tally import Stats, Tally

GATHER_S = 0.05
"""Encoding starts so long after the first event: one switch between threads then serves many."""

CHUNK_EVENTS = 1_000
CLOSE_GRACE_S = 0.5
"""If the sending thread does not end in this time, it is in a call to the sink, and ends with the process."""

QUEUE_FULL = "queue_full"

_log = logging.getLogger(__package__)
_Queued = tuple[dict[Any, Any], int] | Event | None
"""An event and its time, a flush that waits for all before it, or the end."""


@dataclass(frozen=True)
class Settings:
    """How much waits, and how long."""

    max_events: int
    max_bytes: int
    linger_s: float
    give_up_after_s: float
    exit_timeout_s: float
    report_every_s: float


class Line:
    """Emits to one sink."""

    def __init__(self, sink: Sink, settings: Settings) -> None:
        self.queue: SimpleQueue[_Queued] = SimpleQueue()
        self.buffer = Buffer(settings.max_bytes, sink.limits.request_bytes, settings.linger_s)
        self.tally = Tally()
        self.in_hand = 0
        """Events that are out of the queue and not yet in the buffer."""
        self.is_started = self.is_closed = False
        self._sink, self._settings = sink, settings
        self._patience = Patience(settings.give_up_after_s)
        self._hurry = Event()
        self._starting = Lock()
        self._threads = [
            Thread(target=work, name=f"promptlake-emitter-{work.__name__.strip('_')}", daemon=True)
            for work in (self._encode, self._send)
        ]
        self._reported_at = time.monotonic()
        self._is_stopping = self._is_over = False

    def start(self) -> None:
        """Start the threads, unless they run. Raises ``RuntimeError`` where the system has none to give."""
        with self._starting:
            for thread in self._threads:
                if thread.ident is None:
                    thread.start()
            self.is_started = True

    @property
    def waiting(self) -> int:
        """How many events are not settled. Those that just move on may count twice, and one may be left out."""
        return self.queue.qsize() + self.in_hand + self.buffer.events

    def stats(self) -> Stats:
        """What became of the events so far."""
        if self._is_over:
            self._count_late()
        return self.tally.snapshot(self.waiting)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that is queued is settled; False if it took too long."""
        reached = Event()
        self.queue.put(reached)
        self._hurry.set()
        self.buffer.nudge()
        return reached.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Flush, end the threads, count what is left as dropped, and say what was lost."""
        self.is_closed = True
        is_flushed = not self.is_started or self.flush(timeout_s)
        self._is_stopping = True
        self.buffer.stop()
        self.queue.put(None)
        self._hurry.set()
        if self.is_started:
            encoding, sending = self._threads
            encoding.join()  # it waits for nobody, and what it still finds it only counts
            sending.join(CLOSE_GRACE_S)
        if left := self.buffer.abandon():
            self.tally.drop("closed", left)
        self._is_over = True
        self._count_late()
        self._report()
        if unknown := self.buffer.events:
            _log.warning("Closed while %s events were being sent; whether they were taken is not known.", unknown)
        return is_flushed

    def _count_late(self) -> None:
        """Whoever emits in the very moment of closing puts what no thread takes out again."""
        while True:
            try:
                queued = self.queue.get_nowait()
            except Empty:
                return
            if isinstance(queued, tuple):
                self.tally.drop("closed")

    def _encode(self) -> None:
        is_ended = False
        while not is_ended:
            try:
                first = self.queue.get(timeout=self._settings.report_every_s)
            except Empty:
                self._report()
                continue
            self.in_hand = 1
            if self.queue.qsize() < CHUNK_EVENTS:
                self._hurry.wait(GATHER_S)
            self._hurry.clear()
            more = min(self.queue.qsize(), CHUNK_EVENTS)
            self.in_hand += more  # first, so that the limit holds
            chunk = [first, *(self.queue.get_nowait() for _ in range(more))]
            is_ended = None in chunk
            if lost := self.buffer.add(list(self._encoded(chunk))):
                self.tally.drop(QUEUE_FULL, lost)
            self.in_hand = 0
            if time.monotonic() - self._reported_at >= self._settings.report_every_s:
                self._report()

    def _encoded(self, chunk: list[_Queued]) -> Iterator[Row | Event]:
        for queued in chunk:
            if isinstance(queued, Event):
                yield queued
            elif queued is not None and self._is_stopping:
                self.tally.drop("closed")
            elif queued is not None:
                row = encode(*queued, self._sink)
                if isinstance(row, Refusal):
                    self.tally.drop(row.code, reason=row.reason)
                else:
                    yield row

    def _send(self) -> None:
        while (batch := self.buffer.take()) is not None:
            if batch.rows:
                self._deliver(batch)
            self.buffer.settle(batch)

    def _deliver(self, batch: Batch) -> None:
        answer = deliver(batch.rows, self._sink, self._patience, self.buffer.pause)
        self.tally.take(answer.taken)
        if answer.refused:
            self.tally.refuse(answer.refused, answer.reason)
        if answer.again:
            lost = sum(len(parcel.rows) for parcel in answer.again)
            self.tally.drop("closed" if self.is_closed else "gave_up", lost, answer.reason)
            self.buffer.pause(answer.retry_after_s, True)

    def _report(self) -> None:
        if news := self.tally.news():
            seconds = math.ceil(time.monotonic() - self._reported_at)
            _log.warning("In the last %d s %s", seconds, news)
        self._reported_at = time.monotonic()
