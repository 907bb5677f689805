"""The demo, as a newcomer runs it, and runs it again."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run, run_json, up

SMALL = ("--days", 2, "--scale", 0.1)
SILVER = " UNION ALL ".join(
    f"SELECT '{name}' AS name, count(*) AS rows, count(DISTINCT event_id) AS ids, "
    f"count_if(environment <> 'simulated') AS unlabelled FROM silver.{name}"
    for name in ("prompt_execution", "feedback", "evaluation", "behavior", "web_vital")
)
GOLD = "SELECT sum(cost_usd) AS cost_usd, sum(executions) AS executions FROM gold.cost_daily"


@dataclass(frozen=True)
class Demo:
    lake: Path
    first: dict[str, Any]
    before: Any
    """Rows of silver and sums of gold after the first run."""
    after: Any
    printed: str
    """What the second run printed."""

    def sql(self, query: str) -> Any:
        return run_json("sql", query, "--lake", self.lake)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    lake = tmp_path_factory.mktemp("demo") / "lake"
    first = run_json("demo", "--lake", lake, *SMALL)
    before = _tables(lake)
    printed = run("demo", "--lake", lake, *SMALL).stdout
    return Demo(lake, first, before, _tables(lake), printed)


def _tables(lake: Path) -> Any:
    silver = run_json("sql", f"SELECT * FROM ({SILVER}) ORDER BY name", "--lake", lake)
    return {"silver": silver, "gold": run_json("sql", GOLD, "--lake", lake)}


def test_everything_sent_is_booked(demo: Demo) -> None:
    sent, booked = demo.first["sent"], demo.first["booked"]
    assert booked["received"] == sent["executions"] + sent["events"] + sent["surveys"]
    assert booked["received"] == booked["bronze"] + booked["quarantined"] + booked["dropped"]
    assert booked["silver"] == booked["bronze"]
    assert demo.first["reconciles"]
    assert run_json("status", "--lake", demo.lake)["reconciles"]


def test_refuses_what_was_broken_on_purpose_and_nothing_else(demo: Demo) -> None:
    sent, booked = demo.first["sent"], demo.first["booked"]
    assert booked["quarantined"] == sent["broken_on_purpose"] == 6
    assert booked["refused_requests"] == sent["unreadable_requests_on_purpose"] == 1
    assert sum(refused["count"] for refused in demo.first["refused"]) == 7
    # Both runs sent them, and quarantine keeps all that came.
    assert demo.sql("SELECT count(*) AS events FROM bronze.quarantine") == [{"events": 12}]


def test_repeat_doubles_nothing(demo: Demo) -> None:
    silver = demo.before["silver"]
    assert all(table["rows"] == table["ids"] > 0 for table in silver)
    assert demo.after == demo.before
    totals = run_json("status", "--lake", demo.lake)["reconciliation"]
    assert sum(row["duplicates"] for row in totals) == sum(table["rows"] for table in silver)
    assert sum(row["conflicts"] for row in totals) == 0


def test_simulated_time_ends_before_the_lake_was_made(demo: Demo) -> None:
    made_at = datetime.fromisoformat(json.loads((demo.lake / "lake.json").read_text())["made_at"])
    last = made_at.date() - timedelta(days=1)
    assert (demo.first["from"], demo.first["to"]) == ((last - timedelta(days=1)).isoformat(), last.isoformat())
    days = demo.sql("SELECT DISTINCT day FROM gold.cost_daily ORDER BY 1")
    assert [date.fromisoformat(row["day"][:10]) for row in days] == [last - timedelta(days=1), last]


def test_all_of_it_is_labelled_as_simulated(demo: Demo) -> None:
    assert [table["unlabelled"] for table in demo.after["silver"]] == [0] * 5
    assert "SIMULATED APPLICATION" in demo.printed
    assert "Cost by model (simulated)" in demo.printed
    assert "OVERVIEW" not in demo.printed
    assert "simulated" in (demo.lake / "report.html").read_text().lower()


def test_ends_with_what_to_do_next(demo: Demo) -> None:
    assert (demo.lake / "report.html").as_uri() in demo.printed
    assert f"up --lake {demo.lake}" in demo.printed
    assert "import YOUR.jsonl --guess > my.yaml && " in demo.printed
    assert f"import YOUR.jsonl --mapping my.yaml --lake {demo.lake}" in demo.printed
    with up(demo.lake, "--build-every", "0") as server:
        assert server.call("GET", "/")[0] == 200
        assert server.json("GET", "/analytics/costs")[0] == 200


def test_says_why_it_can_not_start(demo: Demo) -> None:
    with up(demo.lake, "--build-every", "0"):
        done = run("demo", "--lake", demo.lake, *SMALL, check=False)
    assert done.returncode == 1
    assert "serves" in done.stderr
    assert "Traceback" not in done.stderr
