"""A table that is not by day follows from all days, whichever of them a build computes anew."""

from __future__ import annotations

from pathlib import Path

from tests.lakes import build_lake, event, make_lake, rows, send

SCORES = "SELECT template_version, previous_version, executions, thumbs_up_rate FROM gold.template_scorecard ORDER BY 1"


def test_the_scorecard_holds_days_that_a_build_leaves_alone(tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event(event_id="a", template_id="t", template_version="1", occurred_at="2026-01-02T10:00:00Z")])
    build_lake(lake)
    send(lake, [event(event_id="b", template_id="t", template_version="2", occurred_at="2026-03-02T10:00:00Z")])
    send(lake, [event("feedback", execution_id="b", thumb="down", occurred_at="2026-03-03T10:00:00Z")])
    build_lake(lake)
    assert rows(lake, SCORES) == [("1", None, 1, None), ("2", "1", 1, 0.0)]
    send(lake, [event(template_id="t", template_version="1", occurred_at="2026-01-02T11:00:00Z")])
    build_lake(lake)
    assert rows(lake, SCORES) == [("1", None, 2, None), ("2", "1", 1, 0.0)]
    send(lake, [event("behavior", occurred_at="2026-01-02T11:00:00Z")])
    assert "gold.template_scorecard" not in build_lake(lake).gold
