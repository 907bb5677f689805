"""The main job over many rows: a whole build, one more hour on a small and a large lake, a scan of what was built."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from infra.local.lake import open_lake
from infra.local.query import open_session
from tests.bench.measure import Run, measured
from tests.bench.rows import fill
from tests.commands import PROMPTLAKE

EXECUTIONS, DAYS = 10_000_000, 30
HOUR_EVENTS = 50_000
A_DAY = 100_000
SMALL_DAYS, LARGE_DAYS = 10, 500
_PORTION = 5_000_000
"""A lake grows by no more than this in one build."""


@dataclass(frozen=True)
class Lakehouse:
    build: Run
    """Everything from bronze to the publication, process start included."""
    scan_s: float
    """Scan and group of all executions in silver as analysts see it, in an open session."""
    by_hand_s: float
    """The same query written by hand over the same files, in DuckDB alone."""


@dataclass(frozen=True)
class Increment:
    """One more hour of events, on lakes with as many rows a day."""

    small: Run
    large: Run


def measure(folder: Path, executions: int = EXECUTIONS) -> Lakehouse:
    root = folder / "ten-million"
    fill(root, executions, DAYS, 0, executions)
    build = measured(_build(root))
    scan = [sys.executable, "-m", __name__, str(root)]
    told = subprocess.run(scan, capture_output=True, text=True, check=True).stdout
    return Lakehouse(build, *map(float, told.split()))


def increment(folder: Path, a_day: int = A_DAY) -> Increment:
    small, large = (_one_more_hour(folder / str(days), a_day, days) for days in (SMALL_DAYS, LARGE_DAYS))
    return Increment(small, large)


def _one_more_hour(root: Path, a_day: int, days: int) -> Run:
    executions = a_day * days
    before = executions - HOUR_EVENTS
    for first in range(0, before, _PORTION):
        fill(root, executions, days, first, min(_PORTION, before - first))
        measured(_build(root))
    fill(root, executions, days, before, HOUR_EVENTS)
    return measured(_build(root))


def _build(root: Path) -> list[str]:
    return [str(PROMPTLAKE), "build", "--quiet", "--lake", str(root)]


def _scan(root: Path) -> None:
    files = root / "silver" / "prompt_execution" / "data" / "**" / "*.parquet"
    print(_took_s(open_session(open_lake(root)), "silver.prompt_execution"))
    alone = duckdb.connect(config={"threads": 2})
    print(_took_s(alone, f"read_parquet('{files}', hive_partitioning = false)"))


def _took_s(db: duckdb.DuckDBPyConnection, relation: str) -> float:
    took = []
    for _ in range(5):
        started = time.perf_counter()
        db.execute(
            f"SELECT feature, model, count(*), sum(output_tokens), max(latency_ms) FROM {relation} GROUP BY 1, 2"
        ).fetchall()
        took.append(time.perf_counter() - started)
    return median(took)


if __name__ == "__main__":
    _scan(Path(sys.argv[1]))
