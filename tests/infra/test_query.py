"""What a session lays out for a query is what the query reads."""

from pathlib import Path

import pytest

from infra.local.cli import main
from infra.local.query import open_session, read_by
from sql.catalog import models, views
from tests.lakes import build_lake, event, make_lake, send


def test_every_table_and_view_can_be_read_alone(tmp_path: Path) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event(user_id="u"), event("behavior", user_id="u", action="page_view", page="/")])
    build_lake(lake)
    for name in [*models(), *views(), "price.model_price", "metric.threshold", "funnel.step", "bronze.behavior"]:
        query = f"SELECT count(*) FROM {name}"
        whole, alone = open_session(lake), open_session(lake, reads=read_by(query))
        assert alone.execute(query).fetchall() == whole.execute(query).fetchall()
        whole.close()
        alone.close()


def test_an_analysts_view_is_read_where_it_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event(model="m"), event(model="m"), event(model="n")])
    build_lake(lake)
    query = "SELECT item, value FROM analysis.metric_executions WHERE dimension = 'model' ORDER BY 1"
    assert read_by(query) == {"analysis.metric_executions", "gold.cost_daily"}
    assert main(["sql", query, "--lake", str(lake.root), "--csv"]) == 0
    assert capsys.readouterr().out.split() == ["item,value", "m,2.0", "n,1.0"]
    assert main(["sql", "SELECT * FROM analysis.metric_none", "--lake", str(lake.root)]) == 1
    assert "metric_none" in (said := capsys.readouterr().err)
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * FROM "gold".cost_daily',
        "SELECT * FROM gold . cost_daily",
        "SHOW ALL TABLES",
        "SELECT * FROM information_schema.tables, gold.cost_daily",
        "SELECT * FROM gold.cots_daily",
    ],
)
def test_where_it_may_read_anything_all_is_laid_out(query: str) -> None:
    assert read_by(query) is None


def test_case_does_not_matter() -> None:
    assert read_by("select * from GOLD.Cost_Daily") == {"gold.cost_daily"}
