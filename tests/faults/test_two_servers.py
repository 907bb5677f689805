"""A lake has one server at a time, and any number of imports beside it."""

import subprocess
from pathlib import Path

from tests.commands import PROMPTLAKE, run, run_json, up
from tests.lakes import event


def test_a_second_server_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as first:
        second = run("up", "--lake", lake, "--port", "0", check=False)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == (
            f"promptlake: Another `promptlake up` serves {lake} already; use it, or stop it first.\n"
        )
        assert first.json("POST", "/v1/events", event(event_id="first"))[0] == 200
        first.process.kill()
        first.process.wait()
    with up(lake, "--build-every", "0") as next_one:
        assert next_one.json("POST", "/v1/events", event(event_id="next"))[0] == 200
    found = run_json("sql", "SELECT event_id FROM bronze.prompt_execution ORDER BY 1", "--lake", lake)
    assert [row["event_id"] for row in found] == ["first", "next"]


def test_imports_and_builds_beside_a_server_lose_and_double_nothing(tmp_path: Path) -> None:
    lake, rows = tmp_path / "lake", 3_000
    logs = [tmp_path / "log0.csv", tmp_path / "log1.csv"]
    for number, log in enumerate(logs):
        lines = (f"2023-11-{16 + number} 18:{i // 60 % 60:02}:{i % 60:02}.0000000,{i},1\n" for i in range(rows))
        log.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(lines))
    commands = [*(["import", log, "--mapping", "azure_llm"] for log in logs), ["build"], ["build"]]
    acknowledged = 0
    with up(lake, "--build-every", "1s") as server:
        beside = [
            subprocess.Popen([PROMPTLAKE, *words, "--lake", lake], stdout=subprocess.DEVNULL) for words in commands
        ]
        while any(process.poll() is None for process in beside):
            status, answer = server.json("POST", "/v1/events", [event() for _ in range(20)])
            assert status == 200
            acknowledged += answer["stored"]
        assert [process.returncode for process in beside] == [0] * len(commands)
    run("build", "--lake", lake)
    query = (
        "SELECT door, count(*) AS n, count(DISTINCT event_id) AS d FROM silver.prompt_execution GROUP BY 1 ORDER BY 1"
    )
    assert run_json("sql", query, "--lake", lake) == [
        {"door": "import:azure_llm", "n": 2 * rows, "d": 2 * rows},
        {"door": "native", "n": acknowledged, "d": acknowledged},
    ]
    assert run("reconcile", "--lake", lake, check=False).returncode == 0
