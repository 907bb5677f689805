"""A clock that is set back and forward under the server and imports: arrival times never run backwards, and
`complete_through` neither runs backwards nor lies.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest

from infra.local.lake import open_lake
from ingest.contracts.instants import to_us
from tests.commands import Up, run, run_json, up
from tests.faults.kills import MAPPING
from tests.lakes import event

HOUR_S = 3600


@dataclass(frozen=True)
class Clock:
    """The time that commands get to see, by libfaketime."""

    file: Path
    library: Path

    def set(self, offset_s: int) -> None:
        """Return once a running server sees it, which reads the file once a second."""
        self.file.write_text(f"{offset_s:+d}\n")
        time.sleep(1.5)

    def running(self) -> dict[str, str]:
        """Environment of a server, whose clock follows `set`. How long it waits is not touched: that is no clock."""
        return self._env(FAKETIME_TIMESTAMP_FILE=str(self.file), FAKETIME_DONT_FAKE_MONOTONIC="1")

    def short(self) -> dict[str, str]:
        """Environment of a command that ends soon, and has the clock as it is now."""
        return self._env(FAKETIME=self.file.read_text().strip())

    def _env(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "LD_PRELOAD": str(self.library),
            "FAKETIME_CACHE_DURATION": "1",
            "NO_FAKE_STAT": "1",
            **more,
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip(
            "libfaketime is not there, which sets the clock for one process; on Debian: apt install libfaketime."
        )
    clock = Clock(tmp_path / "clock", library)
    clock.file.write_text("+0\n")
    return clock


@dataclass
class Sender:
    """Sends one event after the other, and asks in between what is published."""

    server: Up
    ids: list[str] = field(default_factory=list)
    """In the order in which they were acknowledged."""
    answers: list[tuple[str, int]] = field(default_factory=list)
    """`complete_through`, and how many executions the same answer counts."""

    def send(self) -> None:
        event_id = f"e{len(self.ids)}"
        assert self.server.json("POST", "/v1/events", event(event_id=event_id))[0] == 200
        self.ids.append(event_id)
        status, usage = self.server.json("GET", "/analytics/usage")
        if status == 200:
            self.answers.append((usage["complete_through"], usage["total"]["executions"] or 0))

    def send_until_published(self) -> None:
        """Until an answer is of another build than before."""
        published = {complete_through for complete_through, _ in self.answers}
        for _ in range(10_000):
            self.send()
            if self.answers and self.answers[-1][0] not in published:
                return
        raise AssertionError("nothing more is published")


@contextmanager
def meanwhile(repeat: Callable[[], object]) -> Iterator[None]:
    """Do something over and over while something else happens."""
    stop = Event()

    def go_on() -> None:
        while not stop.is_set():
            repeat()

    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(go_on)
        try:
            yield
        finally:
            stop.set()
    going_on.result()


def bring_in(clock: Clock, lake: Path, name: str) -> list[str]:
    """Import two rows, to the end; their ids."""
    folder, ids = clock.file.parent, [f"{name}.0", f"{name}.1"]
    (folder / "rows.yaml").write_text(MAPPING)
    (folder / f"{name}.csv").write_text("id,at\n" + "".join(f"{row},2026-03-02T10:00:00Z\n" for row in ids))
    words = ("import", folder / f"{name}.csv", "--mapping", folder / "rows.yaml", "--lake", lake)
    run(*words, env=clock.short())
    return ids


def arrivals(lake: Path) -> dict[str, int]:
    query = " UNION ALL ".join(
        f"SELECT event_id, received_at_us FROM bronze.{table}" for table in ("prompt_execution", "behavior")
    )
    return {row["event_id"]: row["received_at_us"] for row in run_json("sql", query, "--lake", lake)}


def test_it_is_set_back_and_forward_under_load_and_between_two_servers(tmp_path: Path, clock: Clock) -> None:
    lake = tmp_path / "lake"
    open_lake(lake, create=True)
    with meanwhile(lambda: run("build", "--quiet", "--lake", lake, env=clock.short())):
        with up(lake, "--build-every", "0", env=clock.running()) as server:
            sender = Sender(server)
            sender.send_until_published()
            for offset_s in (-HOUR_S, HOUR_S // 2, -2 * HOUR_S):
                with meanwhile(sender.send):
                    clock.set(offset_s)
                sender.send_until_published()
                sender.ids += bring_in(clock, lake, f"beside{offset_s}")
                with meanwhile(sender.send):
                    bring_in(clock, lake, f"at-once{offset_s}")
            told = server.json("GET", "/healthz")[1]
            server.process.kill()
        assert "clock stands more than" in told["problem"]
        # The next server has never seen another time than two hours ago.
        with up(lake, "--build-every", "0", env=clock.running()) as sender.server:
            sender.send_until_published()
            sender.ids += bring_in(clock, lake, "last")
            clock.set(0)
            sender.send_until_published()
    run("build", "--lake", lake, env=clock.short())

    arrived_us = arrivals(lake)
    in_order = [arrived_us[event_id] for event_id in sender.ids]
    assert in_order == sorted(in_order)
    assert max(in_order) - min(in_order) > HOUR_S // 2 * 1_000_000  # it did go forward
    through = [complete_through for complete_through, _ in sender.answers]
    assert through == sorted(through)
    assert len(set(through)) >= 6
    executions_us = [us for event_id, us in arrived_us.items() if event_id.startswith("e")]
    for complete_through, counted in set(sender.answers):
        complete_us = to_us(datetime.fromisoformat(complete_through))
        assert sum(us < complete_us for us in executions_us) <= counted, complete_through
    assert run("reconcile", "--lake", lake, check=False).returncode == 0


def test_a_consent_withdrawn_after_it_was_set_back_is_withdrawn(tmp_path: Path, clock: Clock) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0", env=clock.running()) as server:
        assert server.json("POST", "/v1/consent", {"user_id": "ann", "analytics": True})[0] == 200
        clock.set(-HOUR_S)
        assert server.json("POST", "/v1/consent", {"user_id": "ann", "analytics": False})[0] == 200
        for user in ("ann", "bob"):
            assert server.json("POST", "/v1/events", event(event_id=user, user_id=user))[0] == 200
    assert set(arrivals(lake)) == {"bob"}
