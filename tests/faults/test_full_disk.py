"""A full disk refuses new events and harms no old one, and the lake goes on by itself once there is room."""

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.delivery.spool import RESERVE_BYTES
from tests.commands import Up, run, run_json, up
from tests.faults.conftest import DISK_MB, Disk
from tests.lakes import event

FULL = f"less than {RESERVE_BYTES >> 20} MiB are free on the disk"


class Client:
    """Sends until it is refused, and knows what was taken."""

    def __init__(self, server: Up) -> None:
        self._server = server
        self.taken: list[str] = []
        self.refused: list[str] = []

    def send(self, text: str) -> bool:
        """One event with some text; whether it was taken."""
        event_id = f"e{len(self.taken) + len(self.refused)}"
        body = json.dumps(event("behavior", event_id=event_id, properties={"text": text})).encode()
        status, headers, answer = self._server.call("POST", "/v1/events", body)
        if status == 200:
            self.taken.append(event_id)
            return True
        assert (status, headers["retry-after"]) == (503, "5")
        assert json.loads(answer)["detail"].startswith("Nothing was taken, because it could not be stored (")
        self.refused.append(event_id)
        return False


def decide(server: Up, times: int) -> Iterator[int]:
    """Withdraw many people's consent, which is kept elsewhere than events are."""
    for number in range(times):
        decisions = [{"user_id": f"u{number}.{person}", "personalisation": False} for person in range(100)]
        status, headers, _ = server.call("POST", "/v1/consent", json.dumps(decisions).encode())
        assert status == 200 or headers["retry-after"] == "5"
        yield status


def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def count(lake: Path, table: str) -> int:
    ((number,),) = (row.values() for row in run_json("sql", f"SELECT count(*) FROM {table}", "--lake", lake))
    return int(number)


def assert_all_of_it_is_there(lake: Path, client: Client) -> None:
    run("build", "--lake", lake)
    rows = run_json("sql", "SELECT event_id FROM silver.behavior", "--lake", lake)
    assert sorted(row["event_id"] for row in rows) == sorted(client.taken)
    status = run_json("status", "--lake", lake)
    assert (status["reconciles"], status["damaged"], status["spool_bytes"]) == (True, [], 0)
    assert run("reconcile", "--lake", lake, check=False).returncode == 0


def test_new_events_are_refused_and_a_drain_makes_room(disk: Disk) -> None:
    """Events themselves fill the disk up to the reserve; as Parquet they take less."""
    lake = disk.path / "lake"
    with up(lake, "--build-every", "0") as server:
        client = Client(server)
        assert client.send("first")
        run("build", "--lake", lake)
        disk.fill(leave_bytes=RESERVE_BYTES + (8 << 20))
        while client.send("x" * 500_000):
            assert len(client.taken) < 1_000
        assert len(client.taken) > 10
        assert server.json("GET", "/healthz")[0] == 200
        assert server.json("GET", "/analytics/usage")[0] == 200
        status, headers, _ = server.call(
            "POST", "/analytics/feedback", b'{"kind": "thumb", "thumb": "up"}', content_type="application/json"
        )
        assert (status, "retry-after" in headers) == (503, True)
        said = run("import", _log(disk.path.parent), "--mapping", "azure_llm", "--lake", lake, check=False)
        assert (said.returncode, FULL in said.stderr, "Nothing was imported." in said.stderr) == (1, True, True)
        assert count(lake, "bronze.behavior") == len(client.taken)  # which drains first
        until(lambda: client.send("again"))
    assert_all_of_it_is_there(lake, client)


def test_a_disk_full_to_the_last_byte_harms_nothing(disk: Disk) -> None:
    """Others may fill it, reserve and all. Nothing can be drained or built then; what is stored can be read."""
    lake, rng = disk.path / "lake", random.Random(3)  # noqa: S311
    with up(lake, "--build-every", "0") as server:
        client = Client(server)
        assert client.send("first")
        run("build", "--lake", lake)
        for _ in range(200):
            client.send(rng.randbytes(20_000).hex())
        disk.fill(leave_bytes=0)
        until(lambda: not client.send("x" * 60_000))
        until(lambda: server.json("GET", "/healthz")[1]["status"] == "degraded")
        assert "can't be drained" in server.json("GET", "/healthz")[1]["problem"]
        assert server.json("GET", "/analytics/usage")[0] == 200
        assert server.call("GET", "/")[0] == 200
        assert set(decide(server, 100)) <= {200, 503}
        built = run("build", "--lake", lake, check=False)
        assert (built.returncode, "check the disk" in built.stderr, built.stderr.count("\n")) == (1, True, 1), built
        read = run("sql", "SELECT count(*) FROM silver.behavior", "--csv", "--lake", lake)
        assert (read.stdout.split()[-1], "What came last is not in the answer." in read.stderr) == ("1", True)
        disk.clear()
        until(lambda: client.send("again"))
        until(lambda: server.json("GET", "/healthz")[1]["status"] == "ok")
    assert_all_of_it_is_there(lake, client)
    assert client.refused


def test_a_build_that_finds_no_room_changes_nothing(disk: Disk) -> None:
    lake, rng = disk.path / "lake", random.Random(4)  # noqa: S311
    with up(lake, "--build-every", "0") as server:
        client = Client(server)
        assert client.send("first")
        run("build", "--lake", lake)
        before = run_json("status", "--lake", lake)
        for _ in range(400):
            assert client.send(rng.randbytes(32_000).hex())
        assert count(lake, "bronze.behavior") == len(client.taken)
        disk.fill(leave_bytes=6 << 20)
        built = run("build", "--lake", lake, check=False)
        assert (built.returncode, built.stderr.count("\n")) == (1, 1), built.stderr
        disk.clear()
        assert run_json("status", "--lake", lake)["as_of"] == before["as_of"]
        assert count(lake, "silver.behavior") == 1
    assert disk.free_bytes() > (DISK_MB // 2) << 20
    assert_all_of_it_is_there(lake, client)


def _log(folder: Path) -> Path:
    log = folder / "log.csv"
    log.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:00:00.0000000,1,1\n")
    return log
