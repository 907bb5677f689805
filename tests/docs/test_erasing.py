"""What the guide to erasing says is what the code does."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from infra.aws.lake.handler import read_request
from infra.local.cli import main
from transforms.engines.protocol import KEPT_FOR
from transforms.jobs.retention import Retention, read_retention

GUIDE = (Path(__file__).parents[2] / "docs" / "erasing.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_its_settings_are_settings() -> None:
    (block,) = blocks("toml")
    retention = read_retention(tomllib.loads(block)["retention"])
    assert (retention.backups_days, retention.bronze["quarantine"], retention.silver["*"]) == (35, 30, 400)
    assert retention.snapshots == Retention().snapshots == KEPT_FOR


@pytest.mark.parametrize(
    "line", [line for block in blocks("console") for line in block.splitlines() if "promptlake" in line]
)
def test_its_commands_are_commands(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = line.partition("#")[0].split()[2:]
    assert main([*words, "--lake", str(tmp_path / "none")]) == 1
    assert "There is no lake at" in capsys.readouterr().err


def test_what_it_asks_the_function_for_are_its_jobs() -> None:
    (block,) = blocks("json")
    asked = [read_request(json.loads(line)).job for line in block.splitlines()]
    assert asked == ["erase", "maintain", "backfill", "pseudonyms"]
