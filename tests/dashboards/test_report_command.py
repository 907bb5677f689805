"""`promptlake report`: a whole page or none, and one sentence where there can be none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.cli import main
from infra.local.lake import open_lake
from sql.reader import PublishedTables

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return open_lake(tmp_path, create=True).root


def test_writes_the_page_and_says_where(
    lake: Path, publish: Publish, month: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(month)
    out = lake / "out.html"
    out.write_text("the one before")
    assert main(["report", "--lake", str(lake), "--out", str(out)]) == 0
    assert "$4.65" in out.read_text()
    assert str(out) in capsys.readouterr().out
    assert not list(lake.glob(".out*"))


def test_json_for_a_program(lake: Path, publish: Publish, month: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    publish(month)
    out = lake / "out.html"
    assert main(["report", "--lake", str(lake), "--out", str(out), "--days", "10", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["out"] == str(out)
    (part,) = answer["parts"]
    assert (part["from"], part["to"], part["simulated"]) == ("2026-11-21", "2026-11-30", False)
    assert part["figures"]["executions"] == {"value": 510, "previous": 310, "unit": "executions"}


@pytest.mark.parametrize("days", ["0", "-1", "ten", "1.5"])
def test_days_is_a_number_from_one(lake: Path, days: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["report", "--lake", str(lake), f"--days={days}"])
    assert stopped.value.code == 2


def test_nothing_built_is_one_sentence(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = lake / "out.html"
    assert main(["report", "--lake", str(lake), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "promptlake build" in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_a_place_that_can_not_be_written_is_named(
    lake: Path, publish: Publish, month: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(month)
    for out in (lake / "no" / "folder.html", lake):
        assert main(["report", "--lake", str(lake), "--out", str(out)]) == 1
        assert str(out) in capsys.readouterr().err
