"""Boards for operators: whole by Grafana's own SDK, and every panel asks for a metric as it is defined."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.boards import load_boards
from dashboards.grafana import BOARDS
from dashboards.grafana.generate import main
from dashboards.grafana.panels import dashboard
from sql.catalog import metrics, models
from sql.dialects import to_duckdb


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dashboard(load_boards(BOARDS)["operators"]))
    return found


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    """The gold tables, without a row."""
    db = duckdb.connect()
    db.execute("CREATE SCHEMA gold")
    for model in (m for m in models().values() if m.layer == "gold"):
        columns = ", ".join(f"{n} {c.type.replace('timestamp(6)', 'timestamp')}" for n, c in model.columns.items())
        db.execute(f"CREATE TABLE {model.full_name} ({columns})")
    return db


def panels(made: dict[str, Any]) -> list[dict[str, Any]]:
    flat = [panel for one in made["panels"] for panel in (one, *one.get("panels", ()))]
    return [panel for panel in flat if panel["type"] != "row"]


def test_grafanas_own_model_reads_what_is_written(made: dict[str, Any]) -> None:
    read = Dashboard.from_json(made)
    assert read.title == "promptlake: Operators"
    assert len(json.loads(json.dumps(made))["panels"]) == len(read.panels or [])


def test_every_metric_of_the_board_has_its_panels_and_says_what_it_is(made: dict[str, Any]) -> None:
    told = load_boards(BOARDS)["operators"].told
    assert len(panels(made)) == sum(1 + len(one.dimensions) for one in told)
    for one in told:
        own = [panel for panel in panels(made) if panel["title"].startswith(one.metric.title)]
        assert all(one.metric.description in panel["description"] for panel in own)
        assert all(panel["datasource"]["type"] == "grafana-athena-datasource" for panel in own)


def test_thresholds_are_the_metrics_own_and_drawn(made: dict[str, Any]) -> None:
    (panel,) = [panel for panel in panels(made) if panel["title"] == metrics()["error_rate"].title]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (0.01, "yellow"), (0.05, "red")]
    assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "dashed"}


def test_columns_that_are_told_together_are_labels_of_one_line(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As Grafana names a line by every column of text."""
    (tmp_path / "x.yaml").write_text("title: X\nmetrics:\n  latency_p95_ms: [template_id/template_version]\n")
    made = json.loads(dashboard(load_boards(tmp_path)["x"]))
    _, panel = panels(made)
    assert columns_read(db, panel) == ["day", "template_id", "template_version", "latency_p95_ms"]


def test_every_query_runs_once_grafana_has_put_in_the_period(
    db: duckdb.DuckDBPyConnection, made: dict[str, Any]
) -> None:
    for panel in panels(made):
        assert columns_read(db, panel)[0] == "day"


def columns_read(db: duckdb.DuckDBPyConnection, panel: dict[str, Any]) -> list[str]:
    (target,) = panel["targets"]
    query = re.sub(r"\$\{__(from|to):date:YYYY-MM-DD\}", "2026-11-01", target["rawSQL"])
    query = query.replace("${environment:singlequote}", "'production'")
    assert "$" not in query
    return [column for column, *_ in db.execute(to_duckdb(query)).description or ()]


def test_they_are_written_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "operators.json").read_text())["uid"] == "promptlake-operators"
    assert main([]) == 2
