"""What the guide to quality rules says is what the code does."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
import yaml

from infra.local.cli import main
from infra.local.lake import open_lake
from sql.checks import Check, Rule

GUIDE = (Path(__file__).parents[2] / "docs" / "quality.md").read_text()


def test_its_examples_are_checks_and_every_rule_has_one() -> None:
    checks = [Check(**yaml.safe_load(line)) for line in re.findall(r"`(\{rule: .*?\})` \|", GUIDE)]
    assert [check.rule for check in checks] == list(get_args(Rule))


@pytest.mark.parametrize("line", re.findall(r"^\$ promptlake (.*)$", GUIDE, re.MULTILINE))
def test_its_commands_work(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lake = open_lake(tmp_path / "lake", create=True)
    assert main([*shlex.split(line), "--lake", str(lake.root)]) == 0
