"""What the simulated application gets wrong on purpose: the lake refuses it, says why, and takes what stands beside."""

import json
from datetime import date
from typing import Any

from infra.local.demo.dice import dice
from infra.local.demo.events import envelope

_PER_DAY, _NOT_JSON_EVERY_DAYS = 3, 7
_NOON_US = 43_200_000_000
_EPOCH = date(1970, 1, 1)

NOT_JSON = b"<html><body>502 Bad Gateway</body></html>\n"
"""A body in which no event can be told apart: refused as one request."""

_THUMB = {"kind": "thumb", "thumb": "up"}
_KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("unknown field", "feedback", {**_THUMB, "stars": 5}),
    ("wrong unit", "prompt_execution", {"model": "gpt-5-mini", "latency_s": 2.4}),
    ("broken line", "feedback", _THUMB),
    ("time in the far future", "behavior", {"action": "click", "occurred_at": "2099-01-01T00:00:00+00:00"}),
    (
        "time without unit",
        "web_vital",
        {"name": "LCP", "value": 2100, "metric_id": "v5-1", "occurred_at": 1_700_000_000_000},
    ),
    ("out of range", "feedback", {"kind": "rating", "rating": 11}),
    ("unknown type", "feedbak", _THUMB),
)
"""What is wrong, and the event that has it."""


def broken_lines(day: date, seed: int) -> list[tuple[str, bytes]]:
    """Some kinds a day, in turn: what is wrong, and the line of NDJSON that has it."""
    random = dice(seed, day, "broken")
    number = (day - _EPOCH).days
    at_us = number * 86_400_000_000 + _NOON_US
    lines = []
    for turn in range(number * _PER_DAY, (number + 1) * _PER_DAY):
        name, event_type, fields = _KINDS[turn % len(_KINDS)]
        line = json.dumps(envelope(event_type, at_us, random) | fields).encode()
        lines.append((name, line[: len(line) // 2] if name == "broken line" else line))
    return lines


def has_body_that_is_no_json(day: date, last: date) -> bool:
    """Once a week, the last day included."""
    return (last - day).days % _NOT_JSON_EVERY_DAYS == 0
