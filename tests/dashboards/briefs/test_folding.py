"""A report tells nothing of few people, nor what is left of a sum by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboards.boards import load_board
from dashboards.briefs.collect import collect
from dashboards.briefs.data import Brief, Figure
from sql.reader import PublishedTables

Publish = Callable[[dict[str, list[dict[str, Any]]]], PublishedTables]
MONDAY, TODAY = date(2026, 11, 9), date(2026, 11, 20)
BEFORE = MONDAY - timedelta(7)
BOARD = """title: Support
metrics:
  tickets: [topic, channel, topic/channel]
  ticket_resolution_p50_min: [topic]
  cost_usd: [model]
"""


def tickets(day: date, topic: str | None, channel: str, people: int) -> dict[str, Any]:
    """As many tickets as people, so that a number betrays of how many it is."""
    told = {"tickets": people, "tickets_solved": people, "tickets_timed": people, "people": people}
    return {"day": day, "topic": topic, "channel": channel, "resolution_bucket_min": 10, **told}


def brief(tmp_path: Path, tables: PublishedTables, smallest: int = 5) -> Brief:
    (tmp_path / "support.yaml").write_text(BOARD)
    return collect(tables, load_board(tmp_path / "support.yaml"), "week", MONDAY, TODAY, None, smallest)


def figure(brief: Brief, name: str) -> Figure:
    (found,) = [figure for figure in brief.figures if figure.metric.name == name]
    return found


@pytest.fixture
def weeks() -> list[dict[str, Any]]:
    now, before = MONDAY + timedelta(2), BEFORE + timedelta(2)
    return [
        *(tickets(day, "login", channel, 30) for day in (now, before) for channel in ("chat", "mail")),
        *(tickets(day, "it's slow", "chat", 25) for day in (now, before)),
        tickets(now, "billing", "chat", 2),
        tickets(before, "billing", "chat", 8),
        tickets(before, None, "mail", 3),
        tickets(MONDAY, "login", "chat", 4),
        tickets(MONDAY + timedelta(3), "login", "chat", 9),
        tickets(BEFORE - timedelta(1), "login", "chat", 30),  # so that the week before is known whole
    ]


def test_groups_of_few_are_other_at_both_times(tmp_path: Path, publish: Publish, weeks: list[dict[str, Any]]) -> None:
    told = brief(tmp_path, publish({"support_daily": weeks}))
    found = figure(told, "tickets")
    assert (found.now, found.before) == (100, 96)
    for part in found.parts:
        assert sum(row.now or 0 for row in part.rows) == found.now
        assert sum(row.before or 0 for row in part.rows) == found.before
        assert all(not 0 < (value or 0) < 5 for row in part.rows for value in (row.now, row.before))
        assert not {"billing", "not set"} & {row.name for row in part.rows}
    (by_topic,) = [part for part in found.parts if part.dimension == "topic"]
    assert {row.name: (row.now, row.before) for row in by_topic.rows} == {"login": (73, 60), "other": (27, 36)}
    (warning,) = told.status.warnings
    assert warning.startswith("Groups of fewer than 5 people are told as other")
    assert not any("billing" in asked.sql for asked in told.asked)


def test_a_day_of_few_goes_with_the_next_larger(tmp_path: Path, publish: Publish, weeks: list[dict[str, Any]]) -> None:
    daily = {day: now for day, now, _ in figure(brief(tmp_path, publish({"support_daily": weeks})), "tickets").daily}
    assert {day: now for day, now in daily.items() if now is not None} == {MONDAY + timedelta(2): 87}


def test_a_percentile_of_few_is_not_told(tmp_path: Path, publish: Publish, weeks: list[dict[str, Any]]) -> None:
    (part,) = figure(brief(tmp_path, publish({"support_daily": weeks})), "ticket_resolution_p50_min").parts
    assert {row.name for row in part.rows} == {"login", "other"}


@pytest.mark.parametrize(("now", "before"), [(4, 40), (40, 4)])
def test_a_week_of_few_is_not_told_and_the_report_says_so(
    tmp_path: Path, publish: Publish, now: int, before: int
) -> None:
    rows = [tickets(MONDAY, "login", "chat", now), tickets(BEFORE, "login", "chat", before)]
    told = brief(tmp_path, publish({"support_daily": rows}))
    assert not told.figures
    assert told.status.warnings[-1] == (
        "Not told, since too few people are behind it: Support tickets, Time to solve a ticket, median."
    )
    assert told.nothing == "There is nothing of 9 – 15 Nov 2026 that enough people are behind."


def test_the_owner_says_how_many_are_few(tmp_path: Path, publish: Publish, weeks: list[dict[str, Any]]) -> None:
    told = brief(tmp_path, publish({"support_daily": weeks}), smallest=1)
    (by_topic,) = [part for part in figure(told, "tickets").parts if part.dimension == "topic"]
    assert {row.name: row.now for row in by_topic.rows} == {"login": 73, "all others": 27}
    assert told.status.warnings == ()
