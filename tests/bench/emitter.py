"""What ``emit`` costs its caller while nobody takes the events: each call timed, the worker threads at work."""

import logging
import queue
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A distribution of its own, which need not be installed to be measured.
sys.path.insert(0, str(Path(__file__).parents[2] / "ingest" / "clients" / "python" / "src"))

from promptlake_emitter import Emitter, HttpSink

CALLS = 100_000
EVENT = {
    "event_type": "prompt_execution",
    "environment": "bench",
    "feature": "feature-1",
    "user_id": "u1",
    "session_id": "s1",
    "provider": "openai",
    "model": "gpt-4o-2024-08-06",
    "uncached_input_tokens": 4_100,
    "output_tokens": 870,
    "latency_ms": 2_310,
    "template_id": "template-3",
    "template_version": "3",
}


@dataclass(frozen=True)
class Calls:
    """Time of one call, as its caller sees it."""

    p50_us: float
    p99_us: float


@dataclass(frozen=True)
class Emit:
    queued: Calls
    """There is room in the queue."""
    dropped: Calls
    """The queue is full."""
    put_only: Calls
    """Baseline: ``queue.SimpleQueue.put`` of the same dict, in this process."""


def run() -> Emit:
    put_only = _timed(queue.SimpleQueue[Any]().put)
    logging.getLogger("promptlake_emitter").setLevel(logging.ERROR)  # that the events are lost is what is measured
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen: connections are refused
        emitter = Emitter(HttpSink(f"http://127.0.0.1:{nobody.getsockname()[1]}"), max_events=CALLS)
        queued = _timed(emitter.emit)
        dropped = _timed(emitter.emit)
        lost = emitter.stats().dropped["queue_full"]
        emitter.close(0)
    if not CALLS * 0.9 < lost < CALLS * 1.1:  # those that just move on may count twice
        raise RuntimeError(f"Of {2 * CALLS:,} events {lost:,} were dropped, so these are not the two cases.")
    return Emit(queued, dropped, put_only)


def _timed(call: Callable[[dict[str, Any]], None]) -> Calls:
    clock = time.perf_counter_ns
    took_ns = [0] * CALLS
    for number in range(CALLS):
        started_ns = clock()
        call(EVENT)
        took_ns[number] = clock() - started_ns
    took_ns.sort()
    return Calls(took_ns[CALLS // 2] / 1e3, took_ns[CALLS * 99 // 100] / 1e3)


if __name__ == "__main__":
    print(run())
