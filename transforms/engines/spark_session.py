"""How Spark is set up, and how it names and reads the lake's tables."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ingest.contracts.derive import table_columns
from sql.dialects import spark_view, to_spark
from sql.records import Model
from transforms.engines.inputs import Input

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CATALOG = "glue"


def settings(warehouse: str) -> dict[str, str]:
    """What a session needs for our tables in Glue's catalog, beside the jars that Glue has.

    Args:
        warehouse: ``s3://bucket/prefix`` of the lake.
    """
    catalog = f"spark.sql.catalog.{CATALOG}"
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "glue",
        f"{catalog}.warehouse": warehouse,
        f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "spark.sql.session.timeZone": "UTC",
        # A sum that does not fit is an error, as it is in the other engines, and not a null.
        "spark.sql.ansi.enabled": "true",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }


def table_name(model: Model, branch: str | None = None) -> str:
    """The table, or one branch of it, in Spark's SQL."""
    return f"{CATALOG}.{model.full_name}" + (f".branch_{branch}" if branch else "")


def exists(spark: "SparkSession", model: Model) -> bool:
    return bool(spark.catalog.tableExists(table_name(model)))


def bronze_schema(table: str) -> str:
    """A bronze table's columns, as DDL: columns that older objects lack are null."""
    return ", ".join(f"{column.name} {column.type}" for column in table_columns(table))


def bronze(spark: "SparkSession", url: str, table: str, paths: Sequence[str]) -> "DataFrame":
    """Rows of some objects of a bronze table, which lie below ``url``."""
    if not paths:
        return spark.createDataFrame([], bronze_schema(table))
    return spark.read.schema(bronze_schema(table)).parquet(*(f"{url}/{path}" for path in paths))


def silver_empty(spark: "SparkSession", model: Model) -> "DataFrame":
    """The silver table without a row: its columns and types."""
    bronze(spark, "", model.name, []).createOrReplaceTempView(spark_view(f"bronze.{model.name}"))
    return spark.sql(to_spark(model.query))


def gold_empty(spark: "SparkSession", model: Model) -> "DataFrame":
    """The gold table without a row: its columns and types."""
    typed = ", ".join(f"CAST(NULL AS {spec.type}) AS {name}" for name, spec in model.columns.items())
    return spark.sql(to_spark(f"SELECT {typed}")).limit(0)


def register(spark: "SparkSession", table: Input) -> None:
    """Make a small table of the session."""
    typed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in table.columns.items())
    columns = spark.sql(
        to_spark(f"SELECT {typed} FROM (SELECT {', '.join(f'NULL AS {n}' for n in table.columns)}) AS t")
    )
    rows = spark.createDataFrame([tuple(row) for row in table.rows], columns.schema)
    rows.createOrReplaceTempView(spark_view(table.name))


def on_days(column: str, days: Collection[date]) -> str:
    """Condition: a timestamp is on one of some days. Ranges, because those find the partitions."""
    ranges = (
        f"({column} >= TIMESTAMP_NTZ '{first} 00:00:00' AND {column} < TIMESTAMP_NTZ '{last + timedelta(1)} 00:00:00')"
        for first, last in _runs(sorted(days))
    )
    return " OR ".join(ranges) or "FALSE"


def in_days(days: Collection[date]) -> str:
    """Condition: ``day`` is one of some days."""
    return "day IN ({})".format(", ".join(f"DATE '{day}'" for day in days)) if days else "FALSE"


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    start = 0
    for i, day in enumerate(days):
        if i + 1 == len(days) or days[i + 1] != day + timedelta(1):
            yield days[start], day
            start = i + 1
