"""Erasing a person, in every wiring: nothing of the person is left, and everything is counted alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.keyring import open_keys, rotate
from tests.keeping.wirings import Kept
from tests.lakes import event
from transforms.jobs import changes

OF_ANN = {
    # What came twice and what was refused for a conflict is of the person, too; and what no build has taken yet.
    "bronze.behavior": 6,
    "bronze.email_event": 3,
    "bronze.prompt_execution": 5,
    "bronze.quarantine": 3,
    "bronze.web_vital": 3,
    "gold.cost_user_daily": 2,
    "gold.person_daily": 4,
    "gold.sessions": 6,
    "silver.behavior": 4,
    "silver.email_event": 2,
    "silver.prompt_execution": 2,
    "silver.web_vital": 2,
}


class Killed(BaseException):
    pass


def of_bob(day: int) -> list[dict[str, Any]]:
    at = f"2026-03-0{day}T10:00:00Z"
    return [
        event(event_id=f"o{day}", user_id="bob", session_id="s-bob", output_tokens=3, occurred_at=at),
        event("behavior", event_id=f"ob{day}", user_id="bob", anonymous_id="shared", occurred_at=at),
    ]


def of_ann(day: int) -> list[dict[str, Any]]:
    at = f"2026-03-0{day}T10:00:00Z"
    return [
        event(event_id=f"a{day}", user_id="ann", session_id="s-ann", output_tokens=5, occurred_at=at),
        event("behavior", event_id=f"ab{day}", session_id="s-ann", occurred_at=at),
        event("web_vital", event_id=f"aw{day}", anonymous_id="b-ann", occurred_at=at, metric_id="m"),
        event("behavior", event_id=f"al{day}", user_id="ann", anonymous_id="b-ann", occurred_at=at),
        event("email_event", event_id=f"ae{day}", recipient="ann", occurred_at=at, message_id="m"),
    ]


def fill(kept: Kept) -> list[str]:
    """Ann under two keys, in every layer: built and not, refused, come twice, in conflict, decided on. Returns under
    which names she and what is hers alone are stored.
    """
    refused = [event(event_id="bad", user_id="ann", latency_ms="slow"), event("behavior", user_id="ann", note="?")]
    kept.send([*of_bob(2), *of_ann(2), *refused])
    kept.build()
    rotate(kept.source)
    conflict = event(event_id="a2", user_id="ann", occurred_at="2026-03-02T11:00:00Z")
    kept.send([*of_bob(3), *of_ann(3), *of_ann(2), conflict])
    kept.build()
    keyring = open_keys(kept.source).keyring
    ann = keyring.pseudonym("ann")
    kept.decide(ann, "content", True)
    kept.decide(ann, "personalisation", False)
    kept.send([event(event_id="new", user_id="ann"), event(event_id="new-o", user_id="bob")])
    return [name for identity in ("ann", "s-ann", "b-ann") for name in keyring.pseudonyms(identity)]


def test_nothing_of_a_person_is_left_and_all_is_counted(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    names = fill(kept)
    assert len(kept.traces(names)) > 10
    with monkeypatch.context() as broken:
        broken.setattr(changes, "finish_change", _dies)  # noted, and not committed
        with pytest.raises(Killed):
            kept.erase("ann")
    receipt = kept.erase("ann")
    assert receipt["rows"] == OF_ANN
    assert receipt["consent"] == {"decisions_removed": 1, "withdrawals_kept": 1}
    assert kept.receipts() == [receipt]
    assert receipt["gone"]["snapshots_after"] > receipt["ended_at"] > receipt["received_before"]
    assert [row["event_id"] for row in kept.rows("silver.prompt_execution")] == ["o2", "o3"]
    assert sum(row["output_tokens"] for row in kept.rows("gold.cost_daily")) == 6
    assert [row for row in kept.counts() if not row.is_whole] == []
    kept.say("[retention]\nsnapshots_hours = 0\n")
    kept.maintain(datetime.now(UTC) + timedelta(seconds=5))
    assert kept.traces(names) == set()
    kept.build()
    assert [row["event_id"] for row in kept.rows("silver.prompt_execution")] == ["new-o", "o2", "o3"]
    found = kept.counts()
    assert [row for row in found if not row.is_whole or row.waiting] == []
    assert sum(row.erased for row in found) == 2 * 5 + 1


def _dies(*_: Any) -> None:
    raise Killed
