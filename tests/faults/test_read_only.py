"""A folder that may not be written: one sentence at the start, and 503 with a sentence while serving."""

import json
import time
from pathlib import Path

import pytest

from tests.commands import Up, run, run_json, up
from tests.faults.conftest import Disk
from tests.lakes import event


def one_sentence(*words: object, before: list[str] | None = None) -> str:
    """What a command says that ends with 1 because of where it is."""
    done = run(*words, check=False, before=before or ())
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("promptlake: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("promptlake: ").rstrip("\n")


def until_refused(server: Up, sent: list[str]) -> tuple[dict[str, str], str]:
    """Send events until one is refused: what is open already may take a few. Notes those that were taken."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        event_id = f"e{len(sent)}"
        status, headers, body = server.call("POST", "/v1/events", json.dumps(event(event_id=event_id)).encode())
        if status != 200:
            assert (status, headers["retry-after"]) == (503, "5")
            return headers, json.loads(body)["detail"]
        sent.append(event_id)
        time.sleep(0.1)
    raise AssertionError("nothing was refused")


def stored(lake: Path) -> list[str]:
    rows = run_json("sql", "SELECT event_id FROM silver.prompt_execution", "--lake", lake)
    return sorted(row["event_id"] for row in rows)


@pytest.mark.parametrize("closed", [".", "spool"])
def test_a_lake_that_may_not_be_written_is_told_at_the_start(tmp_path: Path, bound: list[str], closed: str) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0"):
        pass
    (lake / closed).chmod(0o555)
    said = one_sentence("up", "--lake", lake, "--port", "0", before=bound)
    (lake / closed).chmod(0o755)
    assert said == f"{lake / closed} can't be written; check who owns it, and whether its disk is read-only."


def test_a_disk_that_is_read_only_is_told_at_the_start(disk: Disk) -> None:
    lake = disk.path / "lake"
    with up(lake, "--build-every", "0"):
        pass
    disk.remount("ro")
    assert "whether its disk is read-only" in one_sentence("up", "--lake", lake, "--port", "0")
    assert "Read-only file system" in one_sentence("up", "--lake", disk.path / "new", "--port", "0")
    for words in (["build"], ["import", __file__, "--mapping", "aider"]):
        assert one_sentence(*words, "--lake", lake)
    disk.remount("rw")
    with up(lake, "--build-every", "0") as server:
        assert server.json("POST", "/v1/events", event())[0] == 200


def test_a_folder_that_becomes_read_only_refuses_the_new_and_goes_on_afterwards(
    tmp_path: Path, bound: list[str]
) -> None:
    lake, sent = tmp_path / "lake", ["before"]
    with up(lake, "--build-every", "0", before=bound) as server:
        assert server.json("POST", "/v1/events", event(event_id="before"))[0] == 200
        run("build", "--lake", lake)
        (lake / "spool").chmod(0o555)
        _, said = until_refused(server, sent)
        assert said == ("Nothing was taken, because it could not be stored (Permission denied); send it again later.")
        status, answer = server.json("GET", "/analytics/usage")
        assert (status, answer["total"]["executions"]) == (200, 1)
        (lake / "spool").chmod(0o755)
        assert server.json("POST", "/v1/events", event(event_id="afterwards"))[0] == 200
    run("build", "--lake", lake)
    assert stored(lake) == sorted([*sent, "afterwards"])
    assert run("reconcile", "--lake", lake).returncode == 0
