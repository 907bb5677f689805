"""What the gate found is kept, of builds that failed too, and read by SQL."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.cli import main
from infra.local.lake import Lake
from sql.catalog import models
from sql.checks import Check
from tests.lakes import build_lake, event, make_lake, row, rows, send
from transforms.engines.store import FolderStore
from transforms.jobs.build import GateFailed
from transforms.quality.records import record
from transforms.quality.result import Result

NAME = "silver.prompt_execution"
STRICT = Check(rule="between", column="output_tokens", max=10, severity="fail")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def test_a_build_that_failed_is_told_with_its_examples(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    send(lake, [event(output_tokens=1)])
    build_lake(lake)
    (good,) = row(lake, "SELECT count(DISTINCT run) FROM operations.gate_results WHERE outcome = 'passed'")
    assert good == 1
    send(lake, [event(event_id="bad", output_tokens=11, user_id="ann")])
    strict = models()[NAME].model_copy(update={"checks": (STRICT,)})
    with monkeypatch.context() as patch:
        patch.setitem(models(), NAME, strict)
        assert main(["build", "--lake", str(lake.root)]) == 1
    found = rows(
        lake,
        "SELECT table_name, column_name, rule, severity, checked_rows, broken_rows, examples, demand "
        "FROM operations.gate_results WHERE outcome = 'failed'",
    )
    example = "event_id bad, output_tokens 11"
    demand = "output_tokens must be at most 10"
    assert found == [(NAME, "output_tokens", "between", "fail", 1, 1, example, demand)]
    told = capsys.readouterr().err
    assert f"promptlake: {NAME}: {demand}, but 1 of 1 rows break it, for example {example}." in told
    assert row(lake, "SELECT sum(output_tokens) FROM gold.cost_daily") == (1,)
    page = lake.root.parent / "gates.html"
    assert main(["gates", "--lake", str(lake.root), "--out", str(page)]) == 0
    assert "The last build broke a rule" in page.read_text()
    assert row(
        lake, "SELECT count(DISTINCT run), max(run) = arg_max(run, checked_at) FROM operations.gate_results"
    ) == (
        2,
        True,
    )


def test_days_that_are_read_again_and_break_a_rule_are_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lake, [event(output_tokens=11, occurred_at="2026-03-02T10:00:00Z")])
    build_lake(lake)
    day, strict = date(2026, 3, 2), models()[NAME].model_copy(update={"checks": (STRICT,)})
    with monkeypatch.context() as patch:
        patch.setitem(models(), NAME, strict)
        with pytest.raises(GateFailed):
            build_lake(lake, again=(day, day))
    found = rows(lake, "SELECT table_name, broken_rows FROM operations.gate_results WHERE outcome = 'failed'")
    assert found == [(NAME, 1)]
    page = lake.root.parent / "gates.html"
    for again, told in ((None, True), ((day, day), False)):
        if again:
            build_lake(lake, again=again)
        assert main(["gates", "--lake", str(lake.root), "--out", str(page)]) == 0
        assert ("The last build broke a rule" in page.read_text()) == told


def test_a_build_with_nothing_to_check_leaves_no_row(lake: Lake) -> None:
    send(lake, [event()])
    build_lake(lake)
    before = row(lake, "SELECT count(*) FROM operations.gate_results")
    assert before[0] > 20
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM operations.gate_results") == before


def test_each_day_is_one_object_replaced_as_a_whole(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    result = Result(NAME, STRICT, rows=5)
    for run, moment in (("a", at), ("b", at), ("c", at + timedelta(minutes=2))):
        record(FolderStore(tmp_path), run, moment, [result, result])
    record(FolderStore(tmp_path), "d", at, [])
    days = sorted(path.parent.name for path in (tmp_path / "operations").rglob("*.*"))
    assert days == ["checked_day=2026-03-01", "checked_day=2026-03-02"]
    import pyarrow.parquet as pq

    first = next((tmp_path / "operations").rglob("*2026-03-01/*.parquet"))
    assert pq.read_table(first, partitioning=None)["run"].to_pylist() == ["a", "a", "b", "b"]
