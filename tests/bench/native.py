"""Contract events as NDJSON through the native door."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from tests.bench.doors import BATCH, WARM_UP, Sent, measure

EVENTS = 200_000


@dataclass(frozen=True)
class Native:
    sent: Sent
    parse_only_per_s: float
    """Baseline: orjson's parser alone over the same lines, in this process."""


def run(folder: Path) -> Native:
    requests = bodies(EVENTS)
    started = time.perf_counter()
    for body in requests:
        for line in body.split(b"\n"):
            orjson.loads(line)
    parse_only = EVENTS / (time.perf_counter() - started)
    sent = measure(folder / "native", "/v1/events", "application/x-ndjson", bodies(WARM_UP), requests, EVENTS)
    return Native(sent, parse_only)


def bodies(count: int) -> list[bytes]:
    """Requests of executions as NDJSON, with random ids."""
    now = datetime.now(UTC)
    return [
        b"\n".join(orjson.dumps(_execution(number, now)) for number in range(first, first + BATCH))
        for first in range(0, count, BATCH)
    ]


def _execution(number: int, now: datetime) -> dict[str, object]:
    return {
        "event_type": "prompt_execution",
        "event_id": os.urandom(16).hex(),
        "occurred_at": (now - timedelta(milliseconds=number)).isoformat(timespec="milliseconds"),
        "environment": "bench",
        "feature": f"feature-{number % 8}",
        "user_id": f"u{number * 13 % 700}",
        "session_id": f"s{number // 8}",
        "provider": "openai",
        "model": ("gpt-4o-2024-08-06", "gpt-4o-mini")[number % 2],
        "uncached_input_tokens": 100 + number * 31 % 4000,
        "output_tokens": 10 + number * 17 % 900,
        "latency_ms": 200 + number * 7919 % 5000,
        "template_id": f"template-{number % 12}",
        "template_version": "3",
    }
