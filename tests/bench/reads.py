"""Many who read costs at once, from a small and a large lake, through the running server and Locust."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from tests.bench.measure import measured
from tests.bench.rows import START, fill
from tests.commands import PROMPTLAKE, up

SMALL, LARGE, DAYS = 100_000, 10_000_000, 90
USERS = 20
TURNS = 3
"""Small and large take turns, so that what else the machine does falls on both."""
RUN_S = 20
_LAST = START + timedelta(days=DAYS - 1)
RANGE = {"from": f"{START:%Y-%m-%d}", "to": f"{_LAST:%Y-%m-%d}"}
PATH = f"/analytics/costs?{urlencode({'group_by': 'feature', **RANGE})}"
_NEW = 100


@dataclass(frozen=True)
class Times:
    """What some readers waited for, in milliseconds."""

    p50_ms: float
    p99_ms: float
    requests: int
    errors: int


@dataclass(frozen=True)
class Reads:
    small: list[Times]
    """Each of the users once a second; a run a turn."""
    large: list[Times]
    without_pause: list[Times]
    """Of the large lake, with as many users."""
    new_ms: float
    """Of the large lake, a question that nobody has asked before; one at a time, median."""


def measure(folder: Path) -> Reads:
    lakes = {executions: folder / str(executions) for executions in (SMALL, LARGE)}
    for executions, root in lakes.items():
        fill(root, executions, DAYS, 0, executions)
        measured([str(PROMPTLAKE), "build", "--quiet", "--lake", str(root)])
    return measure_lakes(lakes[SMALL], lakes[LARGE])


def measure_lakes(small: Path, large: Path) -> Reads:
    """As :func:`measure`, of lakes that are built already."""
    with ExitStack() as stack:
        urls = [stack.enter_context(up(root, "--build-every", "0")).url for root in (small, large)]
        for url in urls:
            answer = json.loads(_ask(url, PATH))
            assert len(answer["rows"]) == 8, "bench lakes have eight features"
            assert answer["total"]["executions"] == (SMALL if url == urls[0] else LARGE)
        paced = [[_readers(url, 1.0) for url in urls] for _ in range(TURNS)]
        hurried = [_readers(urls[1], 0.0) for _ in range(TURNS)]
        new = median(_new_ms(urls[1]))
    return Reads([turn[0] for turn in paced], [turn[1] for turn in paced], hurried, new)


def _readers(url: str, every_s: float) -> Times:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "times.json"
        told = {"READERS_PATH": PATH, "READERS_EVERY_S": str(every_s), "READERS_OUT": str(out)}
        words = ["--headless", "--host", url, "-u", USERS, "-r", USERS, "-t", f"{RUN_S}s", "--only-summary"]
        file = Path(__file__).with_name("readers.py")
        command = [sys.executable, "-m", "locust", "-f", str(file), *map(str, words)]
        subprocess.run(command, env=os.environ | told, check=False, capture_output=True, timeout=10 * RUN_S)
        found = json.loads(out.read_text())
    taken_ms = found["taken_ms"]
    return Times(median(taken_ms), quantiles(taken_ms, n=100)[98], len(taken_ms), len(found["errors"]))


def _new_ms(url: str) -> Iterator[float]:
    """As many days, of a few features: others each time."""
    for number in range(_NEW):
        chosen = [f"feature-{feature}" for feature in range(8) if number >> feature & 1]
        asked = [("group_by", "feature"), *RANGE.items(), *(("feature", name) for name in chosen), ("feature", "none")]
        started = time.perf_counter()
        _ask(url, f"/analytics/costs?{urlencode(asked)}")
        yield (time.perf_counter() - started) * 1000


def _ask(url: str, path: str) -> bytes:
    with urllib.request.urlopen(url + path, timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body
