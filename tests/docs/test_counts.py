"""The guide to what is counted: its tables and metrics are there, and its queries answer on a lake that was built."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from infra.local.build import build_lake
from infra.local.lake import Lake
from sql.catalog import metrics, models
from tests.lakes import event, make_lake, rows, send

GUIDE = (Path(__file__).parents[2] / "docs" / "counts.md").read_text()
ROWS = re.findall(r"^\| .+\? \| `(\w+)` \| (.+) \|$", GUIDE, re.MULTILINE)
QUERIES = [shlex.split(line)[-1] for line in re.findall(r"^\$ promptlake sql (.*)$", GUIDE, re.MULTILINE)]
PLACE = {"x_px": 599, "y_px": 0, "viewport_width_px": 1200, "viewport_height_px": 800}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = make_lake(tmp_path_factory.mktemp("counts") / "lake")
    asked = {"kind": "survey", "thumb": None, "survey": "spring", "question": "useful", "session_id": "s"}
    events = [
        event(session_id="s", model="gpt-4o"),
        event("web_vital", page="/", device="mobile", value=2500.0),
        event("web_vital", page="/", device="mobile", value=2501.0),
        event("behavior", page="/", **PLACE),
        event("behavior", page="/", **PLACE | {"y_px": 900}),
        event("behavior", action="content_edited", execution_id="e"),
        event("feedback", **asked, answer="4", answer_number=4),
        event("feedback", **asked, answer="5", answer_number=5),
        event("feedback", kind="nps", thumb=None, nps=9),
        event("email_event", message_id="m", recipient="ann"),
        event("email_event", message_id="m", recipient="ann", action="clicked", occurred_at="2026-03-08T00:00:00Z"),
        event("support_ticket", status="solved", opened_at="2026-03-02T08:00:00Z", solved_at="2026-03-02T09:30:00Z"),
    ]
    assert not send(made, events).refusals
    build_lake(made)
    return made


def test_it_names_tables_and_metrics_that_there_are(lake: Lake) -> None:
    assert len(ROWS) == 7
    for table, named in ROWS:
        assert models()[f"gold.{table}"].published
        found = re.findall(r"`(\w+)`", named)
        assert found
        assert {metrics()[name].table for name in found} == {table}
        assert rows(lake, f"SELECT count(*) FROM gold.{table}") != [(0,)]


def test_its_queries_answer(lake: Lake) -> None:
    vitals, means, clicks = (rows(lake, query) for query in QUERIES)
    assert vitals == [("/", "mobile", 2, 0.5)]
    assert [(question, model, float(mean)) for question, model, mean in means] == [("useful", "gpt-4o", 4.5)]
    assert clicks == [(0, 9, 1)]


def test_what_went_on_for_days_is_on_the_day_it_began(lake: Lake) -> None:
    sent = "SELECT emails_sent, emails_delivered, emails_clicked, email_stray_acts FROM gold.email_daily"
    assert rows(lake, sent) == [(1, 1, 1, 0)]
    timed = "SELECT tickets, tickets_solved, tickets_timed, resolution_s, resolution_bucket_min FROM gold.support_daily"
    assert rows(lake, timed) == [(1, 1, 1, 5400, 90)]
    late = event(
        "email_event", message_id="m", recipient="ann", action="complained", occurred_at="2026-03-09T00:00:00Z"
    )
    assert not send(lake, [late]).refusals
    build_lake(lake)
    complained = "SELECT day::VARCHAR, emails_sent, emails_complained, email_stray_acts FROM gold.email_daily"
    assert rows(lake, complained) == [("2026-03-02", 1, 1, 0)]
