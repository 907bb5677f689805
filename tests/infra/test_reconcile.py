"""``promptlake reconcile`` proves each hand-over, hour by hour, and names what is missing."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from infra.local.cli import main
from infra.local.lake import Lake
from tests.lakes import build_lake, event, make_lake, row, send


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = make_lake(tmp_path / "lake")
    send(
        lake, [event(), event("behavior"), event("behavior", consent={"analytics": False}), {"event_type": "behavior"}]
    )
    build_lake(lake)
    send(lake, [event("feedback")])
    lake.drain()
    return lake


def rewrite(lake: Lake, change: str) -> None:
    with closing(sqlite3.connect(lake.root / "state.db")) as books, books:
        books.execute(change)


def test_all_that_came_is_accounted_for(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", "--lake", str(lake.root), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["reconciles"], said["gaps"]) == (True, [])
    by_type = {hour["event_type"]: hour for hour in said["hours"]}
    behavior = {name: by_type["behavior"][name] for name in ("received", "bronze", "quarantined", "dropped", "silver")}
    assert behavior == {"received": 3, "bronze": 1, "quarantined": 1, "dropped": 1, "silver": 1}
    assert (by_type["feedback"]["waiting"], by_type["feedback"]["silver"]) == (1, 0)
    assert main(["reconcile", "--lake", str(lake.root)]) == 0
    told = capsys.readouterr().out
    assert by_type["behavior"]["received_hour"] in told
    assert "✓ Every event is accounted for" in told


@pytest.mark.parametrize(
    ("kind", "change", "hand_over", "events", "told"),
    [
        ("received", "+ 2", "delivery", 2, "2 behavior through native lost at the hand-over received"),
        ("bronze", "+ 1", "silver", 1, "1 behavior through native lost at the hand-over bronze"),
        (
            "silver",
            "+ 5",
            "silver",
            -5,
            "5 behavior through native booked without having come in at the hand-over bronze",
        ),
    ],
)
def test_a_gap_is_told_by_hour_type_and_hand_over(
    lake: Lake, capsys: pytest.CaptureFixture[str], kind: str, change: str, hand_over: str, events: int, told: str
) -> None:
    rewrite(lake, f"UPDATE booking SET count = count {change} WHERE kind = '{kind}' AND event_type = 'behavior'")
    ((hour,),) = [(h,) for (h,) in [row(lake, "SELECT max(received_hour) FROM gold.reconciliation")]]
    assert main(["reconcile", "--lake", str(lake.root), "--json"]) == 1
    gaps = json.loads(capsys.readouterr().out)["gaps"]
    assert (gaps[-1]["hand_over"], gaps[-1]["events"], gaps[-1]["event_type"]) == (hand_over, events, "behavior")
    assert main(["reconcile", "--lake", str(lake.root)]) == 1
    assert f"✗ {hour}: {told}" in capsys.readouterr().out


def test_a_surplus_in_one_hour_hides_no_loss_in_another(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    for hour, count in (("2026-01-01-00", 1), ("2026-01-01-01", -1)):
        rewrite(
            lake,
            "INSERT INTO booking (hour, event_type, door, kind, count) "
            f"VALUES ('{hour}', 'feedback', 'native', 'received', {count})",
        )
    assert main(["status", "--lake", str(lake.root)]) == 0  # in all, nothing is missing
    assert main(["reconcile", "--lake", str(lake.root), "--json"]) == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(gap["received_hour"], gap["events"]) for gap in said["gaps"]] == [
        ("2026-01-01-00", 1),
        ("2026-01-01-01", -1),
    ]
