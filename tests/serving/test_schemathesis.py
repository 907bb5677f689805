"""Schemathesis asks the running API all that its description allows, and much that it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.commands import run, up
from tests.lakes import event

COMMAND = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def test_it_finds_nothing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        assert server.json("POST", "/v1/events", event())[0] == 200
        run("build", "--lake", lake)  # or analytics would rightly answer 503
        words = ["--max-examples", "8", "--seed", "7", "--no-color", "--continue-on-failure"]
        done = subprocess.run(
            [COMMAND, "--config-file", CONFIGURATION, "run", f"{server.url}/openapi.json", *words],
            capture_output=True,
            text=True,
            timeout=600,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
