"""A lake is kept, in every wiring: a person is erased, files become few, what is kept no longer goes, the rest stays.

Filling and building a lake takes most of the time, so one lake goes through all of it.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from infra.local.keyring import open_keys, rotate
from sql.catalog import models
from tests.keeping.wirings import Kept
from tests.lakes import event, of_ann
from transforms.engines import upkeep
from transforms.jobs import changes

OF_ANN = {
    # What came twice and what was refused for a conflict is of the person, too; and what no build has taken yet.
    "bronze.behavior": 6,
    "bronze.email_event": 3,
    "bronze.prompt_execution": 5,
    "bronze.quarantine": 3,
    "bronze.web_vital": 3,
    "gold.cost_user_daily": 2,
    "gold.person_daily": 2,
    "gold.sessions": 4,
    "silver.behavior": 4,
    "silver.email_event": 2,
    "silver.prompt_execution": 2,
    "silver.web_vital": 2,
}
SETTINGS = """
[retention]
snapshots_hours = 0

[retention.silver]
behavior = 4
"""
NOW = datetime(2026, 3, 10, tzinfo=UTC)
TABLES = [name for name, model in models().items() if model.layer == "silver"] + ["gold.cost_daily", "gold.sessions"]


class Killed(BaseException):
    pass


def dies(*_: Any) -> None:
    raise Killed


def of_bob(name: str, day: int) -> list[dict[str, Any]]:
    at = f"2026-03-0{day}T10:00:00Z"
    return [
        event(event_id=name, user_id="bob", session_id="s-bob", output_tokens=3, occurred_at=at),
        event("behavior", event_id=name, user_id="bob", anonymous_id="shared", occurred_at=at),
    ]


def fill(kept: Kept) -> list[str]:
    """Ann under two keys, in every layer: built and not, refused, come twice, in conflict, decided on; and Bob beside
    her. Returns under which names she and what is hers alone are stored.
    """
    refused = [event(event_id="bad", user_id="ann", latency_ms="slow"), event("behavior", user_id="ann", note="?")]
    kept.send([*of_bob("old", 2), *of_bob("one", 9), *of_ann(2), *refused])
    kept.build()
    rotate(kept.source)
    conflict = event(event_id="a2", user_id="ann", occurred_at="2026-03-02T11:00:00Z")
    kept.send([*of_bob("two", 9), *of_ann(9), *of_ann(2), conflict])
    kept.build()
    keyring = open_keys(kept.source).keyring
    ann = keyring.pseudonym("ann")
    kept.decide(ann, "content", True)
    kept.decide(ann, "personalisation", False)
    kept.send([event(event_id="new-ann", user_id="ann"), event(event_id="new", user_id="bob")])
    return [name for identity in ("ann", "s-ann", "b-ann") for name in keyring.pseudonyms(identity)]


def test_a_lake_is_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    names = fill(kept)
    assert len(kept.traces(names)) > 10
    erases(kept, monkeypatch)
    monkeypatch.setattr(upkeep, "SMALL_FILES", 1)
    maintains(kept)
    assert kept.traces(names) == set()
    kept.build()
    assert ids(kept, "prompt_execution") == ["new", "old", "one", "two"]
    found = kept.counts()
    assert [row for row in found if not row.is_whole or row.waiting] == []
    assert (sum(row.erased for row in found), sum(row.expired for row in found)) == (2 * 5 + 1, 1)
    reads_again(kept)


def erases(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(changes, "finish_change", dies)  # noted, and not committed
        with pytest.raises(Killed):
            kept.erase("ann")
    receipt = kept.erase("ann")
    assert receipt["rows"] == OF_ANN
    assert receipt["consent"] == {"decisions_removed": 1, "withdrawals_kept": 1}
    assert kept.receipts() == [receipt]
    assert receipt["gone"]["snapshots_after"] > receipt["ended_at"] > receipt["received_before"]
    assert ids(kept, "prompt_execution") == ids(kept, "behavior") == ["old", "one", "two"]
    assert sum(row["output_tokens"] for row in kept.rows("gold.cost_daily")) == 9
    assert [row for row in kept.counts() if not row.is_whole] == []


def reads_again(kept: Kept) -> None:
    """What was told apart when it came is told apart once more: what came twice, and what was refused."""
    before = {name: kept.rows(name) for name in TABLES}
    kept.build_again(date(2026, 3, 1), date(2026, 3, 9))
    assert {name: kept.rows(name) for name in TABLES} == before
    assert [row for row in kept.counts() if not row.is_whole] == []


def maintains(kept: Kept) -> None:
    before = {name: kept.rows(name) for name in TABLES}
    kept.say(SETTINGS)
    done = kept.maintain(NOW)
    assert (done.merged["silver.behavior"], done.merged["silver.prompt_execution"]) == (2, 2)
    assert done.expired == {"silver.behavior": 1}
    assert done.removed > 10
    assert ids(kept, "behavior") == ["one", "two"]
    after = {name: kept.rows(name) for name in TABLES}
    assert after == before | {"silver.behavior": after["silver.behavior"]}


def ids(kept: Kept, event_type: str) -> list[str]:
    return [row["event_id"] for row in kept.rows(f"silver.{event_type}")]
