"""``kill -9`` of builds, erasures and maintenance at seeded moments: readers keep what they had, all gets finished."""

import random
import subprocess
import time
from pathlib import Path

from infra.local.lake import Lake, open_lake
from sql.publication import current
from tests.commands import PROMPTLAKE, run, run_json
from tests.lakes import event, make_lake, rows, send

KILLS = 3
DAYS = 3
PEOPLE = 6


def _events(batch: int) -> list[dict[str, object]]:
    return [
        event(
            kind,
            event_id=f"{kind}-{batch}-{person}-{day}",
            occurred_at=f"2026-03-0{1 + day}T10:00:00Z",
            user_id=f"u{person}",
            session_id=f"s{person}",
        )
        for kind in ("prompt_execution", "behavior", "feedback")
        for person in range(PEOPLE)
        for day in range(DAYS)
    ]


def _readable(lake: Lake) -> int:
    """What readers see now: the publication whole, and the tables."""
    publication = current(lake.root)
    assert publication is not None
    assert all((lake.root / path).exists() for path in publication.paths)
    ((executions,),) = rows(lake, "SELECT sum(executions) FROM gold.cost_daily")
    return int(executions)


def _kill(lake: Lake, rng: random.Random, seconds: float, *words: str) -> None:
    job = subprocess.Popen(
        [PROMPTLAKE, *words, "--lake", lake.root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(rng.uniform(0.3, 0.95) * seconds)
    job.kill()
    job.wait()


def test_jobs_killed_at_any_moment_lose_nothing_and_are_finished(tmp_path: Path) -> None:
    rng = random.Random(20261126)  # noqa: S311
    lake = make_lake(tmp_path / "lake")
    send(lake, _events(0))
    started = time.monotonic()
    run("build", "--lake", lake.root)
    took_s = time.monotonic() - started  # how long a job takes here, so that kills fall into it on any machine
    seen = _readable(lake)
    for number in range(1, KILLS + 1):
        send(lake, _events(number))
        _kill(lake, rng, took_s, "build")
        assert _readable(lake) in (seen, seen + PEOPLE * DAYS)
        _kill(lake, rng, took_s, *(("maintain",) if number % 2 else ("build", "--from", "2026-03-01")))
        assert _readable(lake) in (seen, seen + PEOPLE * DAYS)
        run("build", "--lake", lake.root)
        seen = _readable(lake)
        assert seen == (number + 1) * PEOPLE * DAYS
    without = seen - (KILLS + 1) * DAYS
    for _ in range(KILLS):
        _kill(lake, rng, took_s, "erase", "--user", "u0")
        assert _readable(lake) in (seen, without)
    run("erase", "--user", "u0", "--lake", lake.root)
    assert _readable(lake) == without
    run("maintain", "--lake", lake.root)
    assert run_json("status", "--lake", lake.root)["reconciles"]
    ((events, ids, people),) = rows(
        open_lake(lake.root), "SELECT count(*), count(DISTINCT event_id), count(DISTINCT user_id) FROM silver.behavior"
    )
    assert (events, people) == (without, PEOPLE - 1)
    assert events == ids
