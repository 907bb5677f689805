"""However many silver days are grouped at once, gold is the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.contracts import layout
from sql.catalog import models
from tests.lakes import build_lake, event, make_lake, rows, send, tables
from transforms.engines import duck_days, duck_silver

if TYPE_CHECKING:
    import pytest

    from infra.local.lake import Lake

DAYS = [f"2026-03-{day:02}" for day in range(1, 13)]


def _events() -> list[dict[str, Any]]:
    """Calls on every day, each rated days later under another name; sessions, and a visitor without one."""
    found = []
    for number, day in enumerate(DAYS):
        at, feature = f"{day}T23:50:00Z", f"f{number % 3}"
        found.append(
            event(event_id=f"x{day}", occurred_at=at, feature=feature, user_id="u", latency_ms=number * 100 + 1)
        )
        found.append(event(occurred_at=at, status="error", error_class="timeout", session_id="s"))
        found.append(event("behavior", occurred_at=at, anonymous_id="a", action="page_view"))
        if number >= 5:
            found.append(event("feedback", occurred_at=f"{day}T00:10:00Z", execution_id=f"x{DAYS[number - 5]}"))
            found.append(event("evaluation", occurred_at=at, execution_id=f"x{DAYS[number - 5]}"))
    return found


def _built(root: Path) -> Lake:
    """In two builds, each day as a portion of its own."""
    lake = make_lake(root)
    events = _events()
    send(lake, events[: len(events) // 2])
    build_lake(lake)
    send(lake, [*events[len(events) // 2 :], event("feedback", occurred_at="2026-03-03T10:00:00Z", user_id="u")])
    build_lake(lake)
    return lake


def _gold(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    gold = [model.full_name for model in models().values() if model.layer == layout.GOLD]
    return tables(lake, gold)


def test_gold_does_not_depend_on_how_many_days_are_grouped_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck_days, "PORTION_BYTES", 1)
    monkeypatch.setattr(duck_days, "PART_BYTES", 2_000)
    lake = _built(tmp_path / "lake")
    one_by_one = _gold(lake)
    assert sum(map(len, one_by_one.values())) > 100
    monkeypatch.setattr(duck_days, "PORTION_BYTES", 1 << 40)
    build_lake(lake, again=(date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[-1])))
    assert _gold(lake) == one_by_one


def test_a_rating_finds_its_call_five_days_before_in_another_portion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck_days, "PORTION_BYTES", 1)
    lake = _built(tmp_path / "lake")
    rated = rows(
        lake, "SELECT day, model FROM gold.quality_daily WHERE thumbs_up > 0 AND feature IS NOT NULL ORDER BY 1"
    )
    assert rated == [(date.fromisoformat(day), "gpt-4o") for day in DAYS[5:]]


def test_silver_does_not_depend_on_how_many_days_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silver = [model.full_name for model in models().values() if model.layer == layout.SILVER]
    found = []
    for together in (1, 5, 1_000):
        monkeypatch.setattr(duck_silver, "TOGETHER_ROWS", together)
        lake = make_lake(tmp_path / str(together))
        send(lake, [{**told, "event_id": f"e{number}"} for number, told in enumerate(_events())])
        build_lake(lake)
        found.append({name: sorted(rows(lake, f"SELECT event_id, occurred_at FROM {name}")) for name in silver})
    assert sum(map(len, found[0].values())) == len(_events())
    assert found[0] == found[1] == found[2]
