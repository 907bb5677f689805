"""Iceberg tables as Spark keeps them: made from what the catalog says, written on a branch, shown by fast-forward."""

from typing import TYPE_CHECKING

from sql.records import Model
from transforms.engines.definition import partition_of, properties_of
from transforms.engines.spark_session import CATALOG, exists, gold_empty, silver_empty, table_name

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructField

MAIN = "main"
"""The branch that readers see."""


def branch_of(run: str) -> str:
    """The branch on which a run writes."""
    return "run_" + run.replace("-", "_")


def ensure(spark: "SparkSession", model: Model, location: str) -> None:
    """Make the table, or widen it, so that it holds the model's columns."""
    fields = (silver_empty if model.layer == "silver" else gold_empty)(spark, model).schema.fields
    if not exists(spark, model):
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {CATALOG}.{model.layer}")
        properties = ", ".join(f"'{key}' = '{value}'" for key, value in properties_of(model.columns).items())
        spark.sql(
            f"CREATE TABLE {table_name(model)} ({', '.join(_column(model, field) for field in fields)}) USING iceberg "
            f"{_partitioned(model)} LOCATION '{location}' TBLPROPERTIES ({properties})"
        )
        return
    known = set(spark.table(table_name(model)).columns)
    if missing := [_column(model, field) for field in fields if field.name not in known]:
        spark.sql(f"ALTER TABLE {table_name(model)} ADD COLUMNS ({', '.join(missing)})")


def start_branch(spark: "SparkSession", model: Model, branch: str) -> None:
    """Begin a branch at what readers see now."""
    spark.sql(f"ALTER TABLE {table_name(model)} CREATE BRANCH IF NOT EXISTS `{branch}`")


def show_branch(spark: "SparkSession", model: Model, branch: str) -> None:
    """Let readers see a branch. One that is gone was shown before."""
    if branch in snapshots(spark, model):
        spark.sql(f"CALL {CATALOG}.system.fast_forward('{model.full_name}', '{MAIN}', '{branch}')")
        drop_branch(spark, model, branch)


def drop_branch(spark: "SparkSession", model: Model, branch: str) -> None:
    spark.sql(f"ALTER TABLE {table_name(model)} DROP BRANCH IF EXISTS `{branch}`")


def snapshots(spark: "SparkSession", model: Model) -> dict[str, int]:
    """The snapshot at which each branch stands; readers' own is missing while the table has never had a row."""
    return dict(spark.sql(f"SELECT name, snapshot_id FROM {table_name(model)}.refs").collect())


def _column(model: Model, field: "StructField") -> str:
    spec = model.columns[field.name]
    text = spec.description + (f" ({spec.unit})" if spec.unit else "")
    comment = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"`{field.name}` {field.dataType.simpleString()} COMMENT '{comment}'"


def _partitioned(model: Model) -> str:
    if not model.partition:
        return ""
    column, transform = partition_of(model.partition)
    return f"PARTITIONED BY ({transform}s({column}))"
