"""What the guide to privacy says is what the code does."""

import re
from pathlib import Path

import pytest

from infra.local.cli import main
from ingest.delivery.privacy.redactor import MENTION_MIN_CHARS
from ingest.delivery.privacy.settings import HANDLINGS, load, texts

GUIDE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_its_settings_are_settings(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    path = tmp_path / "settings.toml"
    path.write_text(block)
    settings = load(path)
    staging = settings.privacy("staging")
    assert (staging.handling("prompt_execution", "prompt"), staging.names) == ("full", ("Ann Smith",))
    assert not settings.privacy("production").consent.analytics


def test_it_names_every_way_to_handle_a_text_and_what_it_is_the_default_of() -> None:
    said = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", GUIDE, re.MULTILINE))
    assert tuple(said) == HANDLINGS
    by_default = {
        handling: {field for (_, field), kept in texts().items() if kept == handling} for handling in HANDLINGS
    }
    assert by_default["none"] == set(re.findall(r"`(\w+)`", said["none"])) - {"unknown"}
    assert {handling for handling, fields in by_default.items() if fields} == {"none", "redacted"}
    assert MENTION_MIN_CHARS == 5
    assert "fewer than five characters" in GUIDE


@pytest.mark.parametrize(
    "line", [line for block in blocks("console") for line in block.splitlines() if "promptlake" in line]
)
def test_its_commands_are_commands(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = line.partition("#")[0].split()[2:]
    assert main([*words, "--lake", str(tmp_path / "none")]) == 1
    assert "There is no lake at" in capsys.readouterr().err
