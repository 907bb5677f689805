"""`promptlake report --audience`: three files or none, and one sentence where there can be none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboards.briefs.refused import failure_of
from infra.local.cli import main
from infra.local.commands import brief as command
from infra.local.lake import open_lake
from sql.reader import PublishedTables
from tests.dashboards.gate_results import gate

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], PublishedTables]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return open_lake(tmp_path, create=True).root


def report(lake: Path, *more: str) -> int:
    return main(["report", "--audience", "finance", "--lake", str(lake), "--out", str(lake / "out"), *more])


def test_writes_page_mail_and_pdf_and_says_what_changed(
    lake: Path, publish: Publish, weeks: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(weeks)
    assert report(lake, "--period", "week:2026-11-11") == 0
    assert "Cost rose 120% to $46.20" in capsys.readouterr().out
    assert sorted(path.name for path in (lake / "out").iterdir()) == ["report.eml", "report.html", "report.pdf"]
    assert report(lake, "--period", "week:2026-11-11", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["from"], answer["to"], answer["told_through"]) == ("2026-11-09", "2026-11-15", "2026-11-15")
    assert answer["figures"]["cost_usd"]["now"] == pytest.approx(46.2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--period", "fortnight"], "--period 'fortnight' is no period; give week, month, or one"),
        (["--period", "week:3000-01-01"], "lies ahead or long ago"),
        (["--audience", "sales"], "There is no audience 'sales'; there are engineering, finance, product in "),
        (["--out", "/proc/nowhere"], "/proc/nowhere can't be written"),
    ],
)
def test_what_can_not_be_is_one_sentence(
    lake: Path, publish: Publish, weeks: Rows, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(weeks)
    assert report(lake, *arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_nothing_built_and_nothing_installed_are_sentences(
    lake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(lake) == 1
    assert "run `promptlake build`" in capsys.readouterr().err
    monkeypatch.setattr(command, "_NEEDED", ("typst", "no_such_module"))
    assert report(lake) == 1
    assert "pip install 'promptlake[reports]'" in capsys.readouterr().err
    assert not (lake / "out").exists()


def test_options_of_the_other_report_are_told_apart(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--lake", str(lake), "--period", "week"]) == 1
    assert "go with --audience" in capsys.readouterr().err


def test_audiences_of_ones_own(lake: Path, publish: Publish, weeks: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    publish(weeks)
    own = lake / "boards"
    own.mkdir()
    (own / "mine.yaml").write_text("title: Mine\nmetrics:\n  cost_usd: [model]\n")
    given = ["--audience", "mine", "--boards", str(own), "--period", "month:2026-11-02"]
    assert report(lake, *given) == 0
    assert "Mine report" in (lake / "out" / "report.html").read_text()
    (own / "mine.yaml").write_text("title: Mine\nmetrics:\n  cost_usd: [planet]\n")
    capsys.readouterr()
    assert report(lake, *given) == 1
    assert f"{own / 'mine.yaml'}:3: gold.cost_daily, of which cost_usd is, has no 'planet'" in capsys.readouterr().err


def test_a_build_that_the_gate_refused_is_told(lake: Path, publish: Publish, weeks: Rows) -> None:
    publish(weeks)
    assert failure_of(lake) is None
    gate(lake, "r1", "failed")
    assert report(lake, "--period", "week:2026-11-11") == 0
    said = (lake / "out" / "report.html").read_text()
    assert (
        "The build of 2026-11-19 09:00 UTC failed the quality gate (gold.cost_daily: cost_usd must be at least 0)"
        in said
    )
    gate(lake, "r2", "warned")
    assert failure_of(lake) is None
