"""Maintenance: what is kept no longer goes and is counted, small files become few, and no reader notices."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.delivering import retention_of
from infra.local.lake import Lake, LakeError
from infra.local.maintaining import maintain_lake
from ingest.contracts import layout
from sql.catalog import models
from sql.operations import GATE_RESULTS
from tests.lakes import assert_reconciles, build_lake, event, make_lake, row, rows, send, tables
from transforms.engines import upkeep
from transforms.engines.iceberg import Tables
from transforms.jobs import maintain as maintain_job


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(upkeep, "SMALL_FILES", 1)
    monkeypatch.setattr(maintain_job, "_SMALL_OBJECTS", 1)
    return make_lake(tmp_path / "lake")


def say(lake: Lake, settings: str) -> None:
    (lake.root / layout.SETTINGS_FILE).write_text(settings)


def everything(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    names = [*(name for name in models() if name != "gold.reconciliation"), "bronze.behavior", "bronze.quarantine"]
    return tables(lake, names)


def fill(lake: Lake, days: Sequence[int] = (2,), builds: int = 3) -> None:
    for number in range(builds):
        acts = [event("behavior", user_id="u", occurred_at=f"2026-03-0{day}T10:0{number}:00Z") for day in days]
        send(lake, [*acts, event("behavior", note="refused"), event(user_id="u", output_tokens=1)])
        build_lake(lake)


def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


def test_small_files_become_few_and_nothing_else_changes(lake: Lake) -> None:
    fill(lake)
    before = everything(lake)
    done = maintain_lake(lake, now=later())
    assert done.merged["bronze.behavior"] == done.merged["bronze.quarantine"] == done.merged["silver.behavior"] == 3
    assert everything(lake) == before
    tables = Tables(lake.root)
    assert len(tables.files(models()["silver.behavior"])) == 1
    tables.close()
    assert maintain_lake(lake, now=later()).merged == {}
    say(lake, "[retention]\nsnapshots_hours = 0\n")
    assert maintain_lake(lake, now=later()).removed > 10
    assert len(list((lake.root / layout.bronze_table("behavior")).rglob("*.parquet"))) == 1
    assert everything(lake) == before
    assert_reconciles(lake)
    send(lake, [event("behavior", user_id="u", occurred_at="2026-03-02T11:00:00Z")])
    build_lake(lake)
    assert row(lake, "SELECT sum(acts) FROM gold.behavior_daily") == (4,)


def test_what_waits_for_a_build_is_neither_merged_nor_removed(lake: Lake) -> None:
    for _ in range(3):
        send(lake, [event("behavior")])
        lake.drain()
    say(lake, '[retention.bronze]\n"*" = 1\n')
    done = maintain_lake(lake, now=datetime.now(UTC) + timedelta(days=9))
    assert (done.merged, done.expired) == ({}, {})
    build_lake(lake)
    assert row(lake, "SELECT count(*) FROM silver.behavior") == (3,)


def test_layers_and_event_types_are_kept_as_long_as_the_owner_says(lake: Lake) -> None:
    fill(lake, days=(2, 9), builds=1)
    say(lake, '[retention.silver]\n"*" = 4\nprompt_execution = 100\n[retention.bronze]\nquarantine = 10\n')
    published = row(lake, "SELECT sum(acts) FROM gold.behavior_daily")
    done = maintain_lake(lake, now=datetime(2026, 3, 10, tzinfo=UTC))
    assert done.expired == {"silver.behavior": 1}
    assert rows(lake, "SELECT CAST(occurred_at AS DATE) FROM silver.behavior") == [(datetime(2026, 3, 9).date(),)]  # noqa: DTZ001
    assert row(lake, "SELECT count(*) FROM silver.prompt_execution") == (1,)
    assert row(lake, "SELECT sum(acts) FROM gold.behavior_daily") == published
    assert row(lake, "SELECT count(*) FROM bronze.quarantine") == (1,)
    assert_reconciles(lake)
    build_lake(lake)
    assert row(lake, "SELECT sum(expired), sum(silver_gap) FROM gold.reconciliation") == (1, 0)
    done = maintain_lake(lake, now=datetime.now(UTC) + timedelta(days=12))
    assert done.expired["bronze.quarantine"] == 1
    assert row(lake, "SELECT count(*) FROM bronze.quarantine") == (0,)


def test_a_late_event_does_not_reopen_a_day_whose_rows_have_expired(lake: Lake) -> None:
    fill(lake, days=(2, 9), builds=2)
    say(lake, '[retention.silver]\n"*" = 4\n')
    maintain_lake(lake, now=datetime(2026, 3, 10, tzinfo=UTC))
    send(lake, [event("behavior", user_id="late", occurred_at=f"2026-03-0{day}T12:00:00Z") for day in (2, 9)])
    build_lake(lake)
    assert rows(lake, "SELECT sum(acts) FROM gold.behavior_daily GROUP BY day ORDER BY day") == [(2,), (3,)]
    assert_reconciles(lake)


def test_gold_that_is_kept_no_longer_leaves_the_published_extracts_too(lake: Lake) -> None:
    fill(lake, days=(2, 9), builds=1)
    say(lake, "[retention.gold]\nbehavior_daily = 4\n")
    done = maintain_lake(lake, now=datetime(2026, 3, 10, tzinfo=UTC))
    assert done.expired == {"gold.behavior_daily": 1}
    publication = build_lake(lake).publication
    assert publication.tables["behavior_daily"].rows == 1


def test_prices_stay_and_what_the_gate_found_goes(lake: Lake) -> None:
    fill(lake, days=(2,), builds=1)
    say(lake, '[retention.gold]\n"*" = 1\n[retention.operations]\ngate_results = 5\n')
    prices = row(lake, "SELECT count(*) FROM gold.price_daily")
    assert prices != (0,)
    assert GATE_RESULTS not in maintain_lake(lake, now=datetime.now(UTC) + timedelta(days=5)).expired
    found = row(lake, f"SELECT count(*) FROM {GATE_RESULTS}")
    done = maintain_lake(lake, now=datetime.now(UTC) + timedelta(days=6, minutes=1))
    assert (done.expired[GATE_RESULTS],) == found
    assert row(lake, f"SELECT count(*) FROM {GATE_RESULTS}") == (0,)
    assert row(lake, "SELECT count(*) FROM gold.price_daily") == prices
    assert row(lake, "SELECT count(*) FROM gold.cost_daily") == (0,)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[retention.silver]\nfeedbak = 3\n", "retention: silver: there is no table 'feedbak'"),
        ("[retention.gold]\nprice_daily = 9\n", "retention: gold: price_daily is kept for ever, for other tables"),
        (
            "[retention.operations]\ngates = 9\n",
            "retention: operations: there is no table 'gates'",
        ),
        ('[retention.bronze]\n"*" = 0\n', "retention.bronze.*: Input should be greater than or equal to 1"),
        ("[retention]\nkept = 3\n", "retention.kept: Extra inputs are not permitted"),
    ],
)
def test_a_retention_that_can_not_be_is_told_with_its_place(lake: Lake, settings: str, told: str) -> None:
    say(lake, settings)
    with pytest.raises(LakeError) as refused:
        retention_of(lake)
    assert str(refused.value).startswith(f"{lake.root / layout.SETTINGS_FILE}: {told}")
