"""Maintenance, in every wiring: files become few, what is kept no longer goes and is counted, the rest stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sql.catalog import models
from tests.keeping.wirings import Kept
from tests.lakes import event
from transforms.engines import upkeep

SETTINGS = """
[retention]
snapshots_hours = 0

[retention.silver]
"*" = 4

[retention.gold]
behavior_daily = 4
"""
NOW = datetime(2026, 3, 10, tzinfo=UTC)
TABLES = [name for name, model in models().items() if model.layer == "silver"] + ["gold.cost_daily", "gold.sessions"]


def everything(kept: Kept) -> dict[str, list[dict[str, Any]]]:
    return {name: kept.rows(name) for name in TABLES}


def fill(kept: Kept) -> None:
    """Three builds, of one day that is old by :data:`NOW`, and one that is not."""
    for number in range(3):
        days = (2, 9) if number == 0 else (9,)
        acts = [event("behavior", user_id="u", occurred_at=f"2026-03-0{day}T10:0{number}:00Z") for day in days]
        call = event(user_id="u", output_tokens=1, occurred_at="2026-03-09T10:00:00Z")
        kept.send([*acts, call, event("behavior", note="refused")])
        kept.build()


def test_files_become_few_and_only_what_is_old_goes(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SMALL_FILES", 1)
    fill(kept)
    before = everything(kept)
    kept.say(SETTINGS)
    done = kept.maintain(NOW)
    assert (done.merged["silver.behavior"], done.merged["silver.prompt_execution"]) == (3, 3)
    assert done.expired == {"silver.behavior": 1, "gold.behavior_daily": 1}
    assert done.removed > 10
    kept_acts = [row for row in before["silver.behavior"] if row["occurred_at"].day == 9]
    assert everything(kept) == before | {"silver.behavior": kept_acts}
    assert sum(row["acts"] for row in kept.rows("gold.behavior_daily")) == 3
    found = kept.counts()
    assert [row for row in found if not row.is_whole] == []
    assert sum(row.expired for row in found) == 1
    kept.say("[retention.bronze]\nquarantine = 10\n")
    done = kept.maintain(datetime.now(UTC) + timedelta(days=12))
    silver_and_gold = [name for name in done.merged if not name.startswith("bronze.")]
    assert (done.expired, silver_and_gold) == ({"bronze.quarantine": 3}, [])
