"""What Spark shows leads the gate to what DuckDB shows leads it to."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from sql.catalog import models
from sql.checks import Check
from sql.dialects import to_spark
from sql.records import ColumnSpec, Model
from transforms.engines.duck import session
from transforms.quality.duck_rows import DuckRows
from transforms.quality.gate import Gate
from transforms.quality.result import Result
from transforms.quality.spark_rows import SparkRows

CHECKS = (
    Check(rule="not_null", column="word", severity="fail"),
    Check(rule="between", column="number", min=0, max=1, severity="warn"),
    Check(rule="in_set", column="word", values=("a", "ü"), severity="fail"),
    Check(rule="matches", column="word", pattern="^.$", severity="warn"),
    Check(rule="expression", expression="number * 2 <= id", severity="fail"),
    Check(rule="row_count_between", max=4, severity="warn"),
    Check(rule="max_age_days", column="day", max=1, severity="warn"),
)
ROWS = """SELECT * FROM (VALUES
    (0, 'a', CAST(0 AS DOUBLE), DATE '2020-01-01'), (1, 'ü', CAST(-1 AS DOUBLE), DATE '2020-01-02'),
    (2, 'bb', CAST(5 AS DOUBLE), CAST(NULL AS DATE)), (2, 'a', CAST(NULL AS DOUBLE), DATE '2020-01-02'),
    (3, CAST(NULL AS VARCHAR), CAST(1 AS DOUBLE), DATE '2020-01-02')) AS t (id, word, number, day)"""


def toys() -> Model:
    column = ColumnSpec(type="varchar", description="d")
    described = dict.fromkeys(("id", "word", "number", "day"), column)
    changes = {"name": "toys", "grain": ("id",), "columns": described, "checks": CHECKS}
    return models()["gold.cost_daily"].model_copy(update=changes)


def on_spark() -> Sequence[Result]:
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1"}
    spark = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    try:
        gate = Gate()
        rows = SparkRows(spark.sql(to_spark(ROWS)).cache())
        gate.take(toys(), rows, rows)
        return gate.judge()
    finally:
        spark.stop()


def test_spark_finds_what_duckdb_finds(tmp_path: Path) -> None:
    if find_spec("pyspark") is None:
        pytest.skip("There is no pyspark here; `make spark` adds it.")
    # A process of its own: a JVM keeps the settings of the first session for ever.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
        found = apart.submit(on_spark)
        gate = Gate()
        db = session(tmp_path)
        rows = DuckRows(db, f"({ROWS})")
        gate.take(toys(), rows, rows)
        gate.judge()
        db.close()
        assert {result.outcome for result in gate.results} == {"warned", "failed"}
        assert found.result() == gate.results
