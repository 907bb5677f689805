"""Metrics are read from the smallest table that has the answer."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from sql.catalog import CatalogError
from sql.reader import PublishedTables, Reader
from tests.serving.lakes import DAY_1, publish

KEYS = {"day": DAY_1, "environment": "production", "feature": "chat", "model": "sonnet"}


@pytest.fixture
def tables(tmp_path: Path) -> PublishedTables:
    """The rollup says another number than its base, so that it shows which one was read."""
    base = [{**KEYS, "template_id": template, "executions": 1} for template in ("t", "u")]
    publish(tmp_path, {"cost_daily": base, "cost_rollup_daily": [{**KEYS, "executions": 100}]})
    return Reader(tmp_path).current()


def test_a_question_is_answered_from_the_table_with_the_fewest_rows(tables: PublishedTables) -> None:
    assert tables.metrics(["executions"]) == [{"executions": 100}]
    assert tables.metrics(["executions"], ["feature"], "day = ?", [DAY_1]) == [{"feature": "chat", "executions": 100}]


def test_a_dimension_that_only_the_large_table_has_is_read_there(tables: PublishedTables) -> None:
    assert tables.metrics(["executions"], where="template_id = ?", parameters=["t"]) == [{"executions": 1}]
    assert tables.metrics(["executions"], ["variant"]) == [{"variant": None, "executions": 2}]


def test_a_publication_of_before_the_rollup_is_read_as_ever(tmp_path: Path) -> None:
    publish(tmp_path, {"cost_daily": [{**KEYS, "executions": 3}]})
    assert Reader(tmp_path).current().metrics(["executions"]) == [{"executions": 3}]


def test_a_part_from_before_the_model_lost_or_gained_a_column_is_read(tmp_path: Path) -> None:
    publish(tmp_path, {"cost_daily": [{**KEYS, "executions": 3}]})
    tables = Reader(tmp_path).current()
    (path,) = tables.publication.tables["cost_daily"].paths
    older = duckdb.sql(f"SELECT * EXCLUDE (variant), 1 AS since_removed FROM '{tmp_path / path}'").to_arrow_table()
    pq.write_table(older, tmp_path / path)
    assert PublishedTables(tmp_path, tables.publication).metrics(["executions"]) == [{"executions": 3}]


def test_a_metric_of_a_table_that_is_not_published_is_refused(tables: PublishedTables) -> None:
    with pytest.raises(CatalogError, match=r"people is a metric of gold\.person_daily, which is not published"):
        tables.metrics(["people"])
