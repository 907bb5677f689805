"""What a session lays out for a query is what the query reads."""

from pathlib import Path

import pytest

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
