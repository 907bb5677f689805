"""Silver of some days written anew from bronze, by Spark; as :mod:`transforms.engines.duck_reread` does it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from sql.catalog import models
from sql.dialects import spark_view, to_spark
from sql.records import Model
from transforms.engines.spark_keeping import SparkUpkeep
from transforms.engines.spark_session import bronze, on_days, table_name
from transforms.engines.spark_tables import branch_of, start_branch
from transforms.engines.upkeep import Change

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KNOWN = """
SELECT a.* FROM {arrived} AS a LEFT SEMI JOIN {silver} AS s ON s.event_id = a.event_id
    AND unix_micros(CAST(s.occurred_at AS TIMESTAMP)) = a.occurred_at_us
    AND unix_micros(CAST(s.received_at AS TIMESTAMP)) = a.received_at_us
"""
"""Rows of bronze that became silver."""

_JUDGED = """
SELECT a.* FROM {arrived} AS a LEFT ANTI JOIN {quarantine} AS q ON q.stage = 'silver' AND q.event_type = {event_type}
    AND q.event_id = a.event_id AND q.received_at_us = a.received_at_us
    AND CAST(get_json_object(q.payload, '$.occurred_at_us') AS BIGINT) = a.occurred_at_us
"""
"""Rows of bronze that were not refused for a conflict."""


class SparkRereading(SparkUpkeep):
    """Implements :class:`transforms.engines.upkeep.Rereading`."""

    def arrival_hours(self, model: Model, days: Collection[date]) -> set[str] | None:
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        hour = f"date_format(received_at, '{layout.PROJECTION_HOUR_FORMAT}') AS hour"
        try:
            return {hour for (hour,) in self._stored(model, days).selectExpr(hour).distinct().collect()}
        except (PySparkException, Py4JJavaError):
            return None

    def reread(
        self, model: Model, days: Sequence[date], objects: Sequence[str], refused: Sequence[str] | None, run: str
    ) -> Change:
        from pyspark.sql import Window
        from pyspark.sql.functions import expr, row_number

        listed = ", ".join(f"DATE '{day}'" for day in days)
        arrived = self._arrived(model.name, objects).where(
            f"CAST(timestamp_micros(occurred_at_us) AS DATE) IN ({listed})"
        )
        if refused is None:
            counts = self._spark.sql(_KNOWN, arrived=arrived, silver=self._stored(model, days))
        else:
            quarantine = bronze(self._spark, self._url, QUARANTINE_TABLE, refused)
            counts = self._spark.sql(_JUDGED, arrived=arrived, quarantine=quarantine, event_type=model.name)
        # Of events that arrived twice at once, only one counts.
        came = row_number().over(Window.partitionBy("event_id").orderBy("received_at_us", "file", "row"))
        first = counts.withColumn("came", came).where("came = 1").drop("came", "file", "row")
        branch = branch_of(run)
        start_branch(self._spark, model, branch)
        first.createOrReplaceTempView(spark_view(f"bronze.{model.name}"))
        replaced = expr(on_days("occurred_at", days))
        self._spark.sql(to_spark(model.query)).writeTo(table_name(model, branch)).overwrite(replaced)
        return Change(model.full_name, run, (), (branch,), days=tuple(sorted(days)))

    def missing(self, model: Model, change: Change) -> int:
        stored = self._stored(model, change.days)
        return int(stored.join(self._changed_rows(change), "event_id", "left_anti").count())

    def _changed_rows(self, change: Change) -> "DataFrame":
        """Silver of the changed days, as it will be."""
        (branch,) = change.written
        return self._spark.table(table_name(models()[change.table], branch)).where(on_days("occurred_at", change.days))

    def _stored(self, model: Model, days: Collection[date]) -> "DataFrame":
        return self._spark.table(table_name(model)).where(on_days("occurred_at", days))

    def _arrived(self, table: str, paths: Sequence[str]) -> "DataFrame":
        place = ("_metadata.file_path AS file", "_metadata.row_index AS row") if paths else ("'' AS file", "0L AS row")
        return bronze(self._spark, self._url, table, paths).selectExpr("*", *place)
