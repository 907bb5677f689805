"""``kill -9`` of the server, its builds and imports at seeded random moments under load, and what must hold then."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.lake import open_lake
from tests.commands import PROMPTLAKE, run, run_json, up
from tests.faults.producers import Producers
from tests.lakes import rows

ANSWERS_MAX = 500
"""A server lives for one to so many acknowledged batches; as often for 1 to 10 as for 50 to 500."""
SILVER = ("behavior", "feedback", "prompt_execution")
MAPPING = """
name: rows
source: faults
id: id
format: csv
expect: [id]
fields:
  occurred_at: {from: at, unit: iso8601}
rules:
  - when: any
    event: behavior
    fields: {action: {value: click}}
"""


@dataclass
class Kills:
    """What was done to a lake, and what was found in it afterwards."""

    seed: int
    servers: int = 0
    builds: int = 0
    imports: int = 0
    own_drain: int = 0
    """Servers killed while they drained, as far as the system tells."""
    other_drain: int = 0
    """Builds and imports killed while they drained, a moment before the server."""
    build: int = 0
    """Servers killed while a build was running."""
    in_flight: int = 0
    """Requests without an answer at the moments of the kills."""
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    duplicates: int = 0
    """Events that came again, because their first answer never arrived."""
    torn: int = 0
    """Writes that a kill cut short."""
    seconds: float = 0.0


def kill_often(folder: Path, seed: int, kills: int) -> Kills:
    """Kill so many servers of one lake; fails where anything acknowledged is missing, doubled or not accounted for."""
    sys.stderr.write(f"kills with seed {seed}\n")
    started = time.monotonic()
    done, rng, lake = Kills(seed), random.Random(seed), folder / "lake"  # noqa: S311
    producers, imports = Producers(str(seed)), Imports(folder)
    through: list[str] = []
    with producers.running():
        for number in range(kills):
            _kill_one(lake, random.Random(f"{seed}-{number}"), producers, imports, done)  # noqa: S311
            through += _complete_through(lake)
        with up(lake, "--port", "0") as server:  # the last one ends in order
            producers.url = server.url
            producers.wait_for(producers.answers + rng.randint(1, 100))
        producers.url = None
    imports.finish(lake)
    run("build", "--lake", lake)
    through += _complete_through(lake)
    assert through == sorted(through), "complete_through ran backwards"
    assert set(producers.statuses) <= {200}, producers.statuses
    _check(lake, producers.sent | imports.rows, producers.acknowledged | imports.rows, done)
    done.seconds = time.monotonic() - started
    return done


def _kill_one(lake: Path, rng: random.Random, producers: Producers, imports: "Imports", done: Kills) -> None:
    answers = round(math.exp(rng.uniform(0, math.log(ANSWERS_MAX))))
    with up(lake, "--build-every", "1s") as server:
        producers.url = server.url
        goal = producers.answers + answers
        if rng.random() < 0.25:
            imports.start(lake, rng)
        producers.wait_for(goal - answers // 2)
        if rng.random() < 0.4:
            done.imports += imports.kill()
        if rng.random() < 0.3:
            done.builds += _kill_build(server.process.pid, rng)
        producers.wait_for(goal)
        if rng.random() < 0.6:
            _wait_for_a_drain(lake)
        time.sleep(rng.choice((0.0, rng.uniform(0, 0.05), rng.uniform(0, 0.05))))
        while not (in_flight := producers.in_flight()):  # all are between two requests just now
            time.sleep(0.001)
        holders = _holders(lake)
        if holders.get("drain") not in (None, server.process.pid):
            done.other_drain += _killed(holders["drain"])
        server.process.kill()
        server.process.wait()
    producers.url = None
    done.servers += 1
    done.in_flight += in_flight
    done.own_drain += holders.get("drain") == server.process.pid
    done.build += "build" in holders


def _kill_build(server: int, rng: random.Random) -> bool:
    """Kill the server's build wherever it has got to; False where there is none."""
    end = time.monotonic() + 1
    while not (children := _children(server)):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    time.sleep(rng.uniform(0, 1.2))
    if children[0] not in _children(server):
        return False
    return _killed(children[0])


def _children(parent: int) -> list[int]:
    """Of the server: it has none but builds."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    processes = [line.split() for line in table.splitlines()]
    return [int(pid) for pid, above, state in processes if int(above) == parent and not state.startswith("Z")]


def _killed(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
        return True
    return False


def _holders(lake: Path) -> dict[str, int]:
    """Which processes are draining and building, where the system tells."""
    table = Path("/proc/locks")
    if not table.exists():
        return {}
    words = [line.split() for line in table.read_text().splitlines()]
    held = {int(place.rpartition(":")[2]): int(pid) for _, kind, _, _, pid, place, *_ in words if kind == "FLOCK"}
    files = {"drain": lake / "spool" / "drain.lock", "build": lake / "build.lock"}
    return {
        what: held[file.stat().st_ino] for what, file in files.items() if file.exists() and file.stat().st_ino in held
    }


def _wait_for_a_drain(lake: Path) -> None:
    """Builds drain about every second, the server itself when it starts, and every ten."""
    end = time.monotonic() + 2
    while "drain" not in _holders(lake) and time.monotonic() < end:
        time.sleep(0.001)


def _complete_through(lake: Path) -> list[str]:
    pointer = lake / "publish" / "current.json"
    return [json.loads(pointer.read_text())["complete_through"]] if pointer.exists() else []


class Imports:
    """Files that are imported beside the server, one at a time; killed ones are imported again in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows: set[str] = set()
        self._files: list[Path] = []
        self._running: subprocess.Popen[bytes] | None = None
        (folder / "rows.yaml").write_text(MAPPING)

    def start(self, lake: Path, rng: random.Random) -> None:
        if self._running is not None and self._running.poll() is None:
            return
        file = self._folder / f"rows{len(self._files)}.csv"
        ids = [f"import.{len(self._files)}.{number}" for number in range(rng.randint(1, 3_000))]
        file.write_text("id,at\n" + "".join(f"{event_id},2026-03-02T10:00:00Z\n" for event_id in ids))
        self.rows.update(ids)
        self._files.append(file)
        self._running = subprocess.Popen(self._command(lake, file), stdout=subprocess.DEVNULL)

    def kill(self) -> bool:
        """Kill what is running, if something is."""
        if self._running is None or self._running.poll() is not None:
            return False
        self._running.kill()
        return self._running.wait() < 0

    def finish(self, lake: Path) -> None:
        """Import everything once more: what was imported already must not double."""
        if self._running is not None:
            self._running.wait()
        for file in self._files:
            run(*self._command(lake, file)[1:])

    def _command(self, lake: Path, file: Path) -> list[Any]:
        return [PROMPTLAKE, "import", file, "--mapping", self._folder / "rows.yaml", "--lake", lake]


def _check(root: Path, sent: set[str], acknowledged: set[str], done: Kills) -> None:
    assert run("reconcile", "--lake", root, check=False).returncode == 0
    status = run_json("status", "--lake", root)
    assert status["reconciles"]
    assert status["spool_bytes"] == 0
    every = " UNION ALL ".join(f"SELECT event_id FROM silver.{table}" for table in SILVER)
    stored = Counter(event_id for (event_id,) in rows(open_lake(root), every))
    assert [event_id for event_id, times in stored.items() if times > 1] == []
    assert acknowledged - stored.keys() == set()
    assert stored.keys() - sent == set()
    done.sent, done.acknowledged, done.stored = len(sent), len(acknowledged), len(stored)
    done.duplicates = sum(row["duplicates"] for row in status["reconciliation"])
    done.torn = len(status["damaged"])
