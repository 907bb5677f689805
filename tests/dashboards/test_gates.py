"""The gate's page: what is broken comes first, every run is there, and no name can break it."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboards.gates.collect import arrange, collect
from dashboards.gates.page import render
from infra.local.cli import main
from infra.local.lake import open_lake
from sql.checks import Check
from transforms.engines.store import FolderStore
from transforms.quality.records import record
from transforms.quality.result import Result

FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'


def row(
    run: int, table: str, outcome: str = "passed", demand: str = "a must be present", **more: Any
) -> dict[str, Any]:
    said = {
        "run": f"r{run}",
        "checked_at": FIRST.replace(tzinfo=None) + timedelta(hours=run),
        "table_name": table,
        "demand": demand,
    }
    counted = {"checked_rows": 10, "broken_rows": 0 if outcome == "passed" else 2, "examples": None}
    return said | {"rule": "not_null", "severity": "fail", "outcome": outcome} | counted | more


def shown(page: str) -> str:
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def test_a_table_stands_as_its_last_run_left_it() -> None:
    history = arrange([row(1, "gold.a", "failed"), row(2, "gold.a"), row(2, "silver.b"), row(1, "silver.c", "warned")])
    assert [(table.table, table.outcome) for table in history.tables] == [
        ("silver.b", "passed"),
        ("silver.c", "warned"),
        ("gold.a", "passed"),
    ]
    assert [run.outcome for run in history.runs] == ["failed", "passed"]
    assert dict(history.tables[2].by_run) == {"r1": "failed", "r2": "passed"}


def test_a_rule_that_is_not_asked_any_more_is_gone() -> None:
    history = arrange([row(1, "gold.a", "failed", "old must hold"), row(2, "gold.a", demand="new must hold")])
    assert [rule.demand for rule in history.tables[0].rules] == ["new must hold"]


def test_what_is_broken_comes_first_with_its_examples() -> None:
    rows = [row(1, "gold.a", "warned", examples="day 2026-03-01"), row(1, "silver.b"), row(1, "silver.c", "failed")]
    page = shown(render(arrange(rows)))
    assert "nothing of it was published" in page
    first, second = page.index("silver.c a must be present ✗ failed"), page.index("gold.a a must be present ! warned")
    assert first < second < page.index("Tables")
    assert "2 of 10 rows break it, such as day 2026-03-01." in page


def test_no_name_can_run_or_fetch_anything() -> None:
    page = render(arrange([row(1, f"gold.{HOSTILE}", "failed", HOSTILE, examples=HOSTILE)]))
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)


def test_nothing_asked_yet_says_what_to_do() -> None:
    assert "promptlake build" in render(arrange([]))


def test_the_last_builds_are_read_over_days(tmp_path: Path) -> None:
    check = Check(rule="not_null", column="model", severity="fail")
    for number in range(5):
        at = FIRST + timedelta(days=number)
        record(FolderStore(tmp_path), f"r{number}", at, [Result("silver.x", check, rows=number)])
    assert [run.run for run in collect(tmp_path, 3).runs] == ["r2", "r3", "r4"]
    assert len(collect(tmp_path, 20).runs) == 5
    assert collect(tmp_path / "none", 20).runs == ()


def test_the_command_writes_the_page_and_tells_a_program_what_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = open_lake(tmp_path / "lake", create=True).root
    check = Check(rule="not_null", column="model", severity="warn")
    result = Result("silver.x", check, rows=3, broken=1, examples=("event_id e",), is_met=False)
    record(FolderStore(lake), "r", FIRST, [result])
    out = tmp_path / "gates.html"
    assert main(["gates", "--lake", str(lake), "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["out"], answer["last"]["outcome"]) == (str(out), "warned")
    assert answer["broken"] == [
        {
            "table": "silver.x",
            "demand": "model must be present",
            "severity": "warn",
            "rows": 3,
            "broken": 1,
            "examples": "event_id e",
        }
    ]
    assert "silver.x" in out.read_text()
