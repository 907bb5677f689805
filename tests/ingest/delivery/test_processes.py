"""Several processes on one lake, killed ones and starved ones: what was acknowledged is in bronze, once."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from infra.local.lake import Lake, open_lake
from tests.ingest.delivery.spooled import assert_nothing_is_on_its_way, booked, stored_ids

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(tmp_path / "lake", create=True)


def start(way: str, lake: Lake, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.ingest.delivery.writing", way, str(lake.root), *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> Counter[str]:
    """What it acknowledged until its good end."""
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return Counter(out.split())


def test_a_killed_writer_loses_nothing_it_acknowledged(lake: Lake) -> None:
    """Killed while it writes, after a random number of answers; five times into the same lake."""
    rng = random.Random(20260301)  # noqa: S311
    acknowledged: Counter[str] = Counter()
    for kill in range(5):
        with start("endless", lake, f"w{kill}") as process:
            assert process.stdout is not None
            for _ in range(rng.randrange(1, 60)):
                acknowledged.update(process.stdout.readline().split())
            process.kill()
            # What it was still writing when it died has no answer unless the line is whole.
            acknowledged.update(word for line in process.stdout if line.endswith("\n") for word in line.split())
        if kill % 2:
            lake.drain()
    lake.drain()
    stored = stored_ids(lake)
    assert len(acknowledged) > 5
    assert acknowledged - stored == Counter()
    assert set(stored.values()) == {1}
    # At most the one batch that each was writing when it died is more than was acknowledged.
    assert len({name.rpartition(".")[0] for name in stored - acknowledged}) <= 5
    booked(lake)
    assert_nothing_is_on_its_way(lake)


def test_several_writers_and_drains_at_once_add_up(lake: Lake) -> None:
    writers = [start("some", lake, f"w{n}", 60) for n in range(3)]
    while any(process.poll() is None for process in writers):
        lake.drain()
    acknowledged = sum((finish(process) for process in writers), Counter[str]())
    lake.drain()
    assert stored_ids(lake) == acknowledged
    events, batches = acknowledged.total(), 3 * 60
    assert booked(lake) == {"received": events + batches, "bronze": events, "quarantined": batches}
    assert_nothing_is_on_its_way(lake)


@pytest.mark.parametrize("limit_bytes", [0, 1, 5_000, 20_011, 100_000])
def test_a_full_disk_refuses_the_new_and_harms_nothing_old(lake: Lake, limit_bytes: int) -> None:
    """The limit on a file's size stands for the full disk: the system takes a part of a write, then none."""
    process = start("starved", lake, "w", limit_bytes)
    acknowledged = finish(process)
    assert acknowledged["w.after"] == 1
    assert lake.drain().damaged == ()
    assert stored_ids(lake) == acknowledged
    booked(lake)
    assert_nothing_is_on_its_way(lake)
