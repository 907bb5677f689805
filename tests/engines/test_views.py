"""The analysts' views as Glue is told of them, found by Trino through either catalog."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sql.analysis import SCHEMA, View, ViewColumn, analyst_views
from tests.services.moto import client, moto
from tests.services.trino import rows, trino

TOY = View("toy", "One.", (ViewColumn("one", "bigint", "It."),), "SELECT CAST(1 AS BIGINT) AS one")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with moto() as url:
        glue = client("glue", url)
        glue.create_database(DatabaseInput={"Name": SCHEMA})
        for view in (TOY, *analyst_views().values()):
            glue.create_table(DatabaseName=SCHEMA, TableInput=view.glue_table())
        with trino(url, tmp_path_factory.mktemp("trino"), {}) as of_trino:
            yield of_trino


@pytest.mark.parametrize("catalog", ["hive", "iceberg"])
def test_views_are_found_with_their_columns(port: int, catalog: str) -> None:
    query = f"SELECT table_name, column_name, data_type FROM {catalog}.information_schema.columns"
    found = sorted(rows(port, f"{query} WHERE table_schema = '{SCHEMA}'"), key=str)
    told = [(v.name, c.name, c.type.replace(" ", "")) for v in (TOY, *analyst_views().values()) for c in v.columns]
    assert found == sorted(told, key=str)


@pytest.mark.parametrize("catalog", ["hive", "iceberg"])
def test_a_view_is_answered(port: int, catalog: str) -> None:
    assert rows(port, f"SELECT one FROM {catalog}.{SCHEMA}.toy") == [(1,)]
