"""Days that are read from bronze and computed once more."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.local.lake import Lake
from infra.local.maintaining import maintain_lake
from ingest.contracts import layout
from sql.catalog import models
from tests.lakes import assert_reconciles, build_lake, event, make_lake, row, rows, send, tables
from transforms.engines.iceberg import Tables

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event(event_id=f"e{day}", user_id="u", occurred_at=at(day)) for day in (2, 3, 4)])
    build_lake(lake)
    twice = [event(event_id="e2", occurred_at=at(2)), event(event_id="e2", occurred_at=at(3))]
    send(lake, [*twice, event("feedback", execution_id="e2", occurred_at=at(2))])
    build_lake(lake)
    return lake


def at(day: int) -> str:
    return f"2026-03-0{day}T10:00:00Z"


def everything(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    names = [name for name in models() if name != "gold.reconciliation"]
    return tables(lake, names)


def files(lake: Lake) -> dict[str, set[Path]]:
    """Data files of silver by day."""
    tables = Tables(lake.root)
    found = {str(day): set(tables.files(models()["silver.prompt_execution"], [day])) for day in days()}
    tables.close()
    return found


def days() -> list[date]:
    return [FIRST + timedelta(k) for k in range(3)]


def test_days_come_out_the_same_and_the_others_are_not_touched(lake: Lake) -> None:
    before, files_before = everything(lake), files(lake)
    for _ in range(2):
        result = build_lake(lake, again=(FIRST, LAST))
        assert "gold.cost_daily" in result.gold
        assert everything(lake) == before
    changed = {day for day, found in files(lake).items() if found != files_before[day]}
    assert changed == {str(FIRST), str(LAST)}
    assert_reconciles(lake)


def test_silver_whose_file_is_damaged_is_made_anew(lake: Lake) -> None:
    before = everything(lake)
    for path in files(lake)[str(LAST)]:
        path.write_bytes(b"PAR1")
    with pytest.raises(duckdb.Error):
        rows(lake, "SELECT * FROM silver.prompt_execution")
    build_lake(lake, again=(LAST, LAST))
    assert everything(lake) == before
    assert_reconciles(lake)


def test_days_that_bronze_does_not_hold_any_more_are_left_and_told(lake: Lake) -> None:
    before, told = everything(lake), list[str]()
    (lake.root / layout.SETTINGS_FILE).write_text('[retention.bronze]\n"*" = 1\n')
    maintain_lake(lake, now=datetime.now(UTC) + timedelta(days=3))
    build_lake(lake, on_damage=told.append, again=(FIRST, FIRST))
    assert everything(lake) == before
    assert "bronze does not hold 1 events of 2026-03-02 any more" in " ".join(told)


def test_late_events_reopen_their_own_days_only(lake: Lake) -> None:
    gold_files = _gold_days(lake)
    send(lake, [event(user_id="late", occurred_at=at(3))])
    assert "gold.cost_user_daily" in build_lake(lake).gold
    changed = {day for day, found in _gold_days(lake).items() if found != gold_files.get(day)}
    assert changed == {"2026-03-03"}
    assert row(lake, "SELECT count(*) FROM gold.sessions WHERE day = DATE '2026-03-03'") == (2,)


def _gold_days(lake: Lake) -> dict[str, set[Path]]:
    tables = Tables(lake.root)
    found = {str(day): set(tables.files(models()["gold.cost_user_daily"], [day])) for day in days()}
    tables.close()
    return found
