"""What an application holds."""

import atexit
import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakSet

import orjson

from .encoding import encode
from .exchange import Refusal, Sink
from .line import QUEUE_FULL, Line, Settings
from .not_taken import NotTaken
from .packing import Row
from .retry import Patience, deliver
from .tally import Stats

_open: "WeakSet[Emitter]" = WeakSet()


class Emitter:
    """Sends events to a sink, from any thread; to be made once for a process and closed at its end (it does so itself).

    Args:
        sink: where events go.
        max_events: so many wait at most; what comes when the queue is full is dropped and counted.
        max_bytes: so many encoded bytes wait at most.
        linger_s: how long a batch that is not full waits for more events.
        give_up_after_s: how long a batch is tried before it is dropped and counted.
        exit_timeout_s: how long the end of the process may be held up to send what waits.
        report_every_s: what was lost is logged as one line, at most this often.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        max_events: int = 100_000,
        max_bytes: int = 64 << 20,
        linger_s: float = 1.0,
        give_up_after_s: float = 300.0,
        exit_timeout_s: float = 5.0,
        report_every_s: float = 60.0,
    ) -> None:
        self._sink = sink
        self._settings = Settings(max_events, max_bytes, linger_s, give_up_after_s, exit_timeout_s, report_every_s)
        self._line = Line(sink, self._settings)
        self._line.start()
        _open.add(self)
        atexit.register(self.close)
        _close_with_child(self)

    def emit(self, event: Mapping[str, Any]) -> None:
        """Hand over one event and go on. Waits for nothing and raises nothing; ``stats`` says what became of it.

        The event is copied, what is nested in it is not: don't change that for a moment after.
        """
        line = self._line
        buffer = line.buffer
        # Neither a lock nor a call to the system: either would let another thread have its turn first. Threads that
        # emit at the same instant may therefore each put one event more than the limit.
        if line.waiting >= self._settings.max_events or buffer.size_bytes >= buffer.max_bytes:
            line.tally.drop(QUEUE_FULL)
        elif line.is_closed:
            line.tally.drop("closed")
        else:
            try:
                line.queue.put(({**event}, time.time_ns()))
            except TypeError:
                line.tally.drop("not_a_dict", reason=f"emit() takes a dict, not {type(event).__name__}")
            if not line.is_started:
                self._start_in_child(line)

    def send(self, events: Mapping[str, Any] | Iterable[Mapping[str, Any]], *, timeout_s: float = 30.0) -> None:
        """Return when the sink has taken one or more events; for what must not be dropped.

        Goes past the queue, on the caller's thread, and may so overtake what was emitted before.

        Args:
            timeout_s: after this no further attempt is made; one that is under way is waited for.

        Raises:
            NotTaken: some were not. ``stats`` does not count these, for the caller knows of them.
        """
        at_ns = time.time_ns()
        given = [events] if isinstance(events, Mapping) else list(events)
        encoded = [encode({**event}, at_ns, self._sink) for event in given]
        rows = [row for row in encoded if isinstance(row, Row)]
        invalid = [row.reason for row in encoded if isinstance(row, Refusal)]
        answer = deliver(rows, self._sink, Patience(timeout_s), _pause)
        self._line.tally.take(answer.taken)
        again = [orjson.loads(row.data) for parcel in answer.again for row in parcel.rows]
        refused = answer.refused.total() + len(invalid)
        if refused or again:
            reason = (invalid[0] if invalid else answer.reason).rstrip(".")
            lost = f"{refused + len(again):,} of {len(given):,} events were not taken"
            for_good = f", {refused:,} of them for good" if refused else ""
            raise NotTaken(f"{lost}{for_good}; the first reason: {reason}.", refused, again)

    def stats(self) -> Stats:
        """What became of the events so far; in a child after a fork, of the child's."""
        return self._line.stats()

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until each event emitted before is taken, refused or dropped; False if that took too long."""
        return not self._line.is_started or self._line.is_closed or self._line.flush(timeout_s)

    def close(self, timeout_s: float | None = None) -> bool:
        """Flush, then end. What is emitted later is dropped and counted. False if not all was settled in time."""
        line = self._line
        if line.is_closed:
            return True
        _open.discard(self)
        atexit.unregister(self.close)
        is_flushed = line.close(self._settings.exit_timeout_s if timeout_s is None else timeout_s)
        self._sink.close()
        return is_flushed

    def __enter__(self) -> "Emitter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_in_child(self, line: Line) -> None:
        try:
            line.start()
        except RuntimeError:
            return  # no thread is to be had now: the next event tries again, and `close` counts what never left
        _close_with_child(self)

    def _begin_anew(self) -> None:
        # The parent sends what it holds; here its threads don't run, and its locks may be held by them for ever.
        self._line = Line(self._sink, self._settings)


def _pause(wait_s: float, _: bool) -> bool:
    time.sleep(wait_s)
    return True


def _close_with_child(emitter: Emitter) -> None:
    """multiprocessing ends its children without ``atexit``; not imported here, for most applications don't use it."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        multiprocessing.util.Finalize(None, emitter.close, exitpriority=100)


def _begin_anew() -> None:
    for emitter in list(_open):
        emitter._begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
