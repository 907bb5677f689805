"""Bronze to silver in Spark: type, deduplicate, append to the run's branch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE, table_columns
from sql.dialects import spark_view, to_spark
from sql.records import Model
from transforms.engines.dedupe import ARRIVED_HOUR_US, ID_WINDOW, VERDICTS, conflict_message
from transforms.engines.protocol import Staged
from transforms.engines.spark_session import bronze, exists, on_days, silver_empty, table_name
from transforms.engines.spark_tables import branch_of, ensure, start_branch
from transforms.engines.store import Store
from transforms.jobs.ledger import Booking

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

_PLACE = ["file", "row"]
_ACCEPTED = "silver"
"""What an event that is neither duplicate nor conflict is booked as."""


class Stager:
    """Stages one silver table. ``url`` is the lake's root, such as ``s3://bucket/lake``."""

    def __init__(self, spark: "SparkSession", store: Store, url: str, model: Model, run: str) -> None:
        self._spark, self._store, self._url, self._model, self._run = spark, store, url, model, run

    def stage(self, objects: Sequence[str]) -> Staged:
        """See :meth:`transforms.engines.protocol.Engine.stage`."""
        arrived = self._bronze(objects)
        arrival = arrived.select("event_id", "occurred_at_us", "received_at_us", "door", *_PLACE).persist()
        rejected = self._judge(arrival).persist()
        try:
            judged = _judged(arrival, rejected)
            days = tuple(sorted({row.day for row in judged if row.kind == _ACCEPTED}))
            refused_hours = sorted({row.hour_us for row in judged if row.kind == "conflicts"})
            is_all_new = all(row.kind == _ACCEPTED for row in judged)
            accepted = arrived if is_all_new else arrived.join(rejected, _PLACE, "left_anti")
            return Staged(
                self._model.name,
                tuple(objects),
                self._write(accepted.drop(*_PLACE)) if days else (),
                tuple(self._conflicts(arrived, rejected, hour_us) for hour_us in refused_hours),
                tuple(self._bookings(judged)),
                days,
            )
        finally:
            rejected.unpersist()
            arrival.unpersist()

    def _bronze(self, objects: Sequence[str]) -> "DataFrame":
        read = bronze(self._spark, self._url, self._model.name, objects)
        return read.select("*", "_metadata.file_path", "_metadata.row_index").withColumnsRenamed(
            {"file_path": "file", "row_index": "row"}
        )

    def _judge(self, arrival: "DataFrame") -> "DataFrame":
        around = {day + timedelta(k) for day in _days(arrival) for k in range(-ID_WINDOW.days, ID_WINDOW.days + 1)}
        committed = exists(self._spark, self._model)
        silver = self._spark.table(table_name(self._model)) if committed else silver_empty(self._spark, self._model)
        known = silver.where(on_days("occurred_at", around)).selectExpr(
            "event_id", "unix_micros(CAST(occurred_at AS TIMESTAMP)) AS occurred_at_us"
        )
        return self._spark.sql(
            VERDICTS.replace("arrival AS", "{arrival} AS").replace("known AS", "{known} AS"),
            arrival=arrival,
            known=known,
        )

    def _write(self, accepted: "DataFrame") -> tuple[str, ...]:
        branch = branch_of(self._run)
        ensure(self._spark, self._model, f"{self._url}/{layout.table(self._model.layer, self._model.name)}")
        start_branch(self._spark, self._model, branch)
        accepted.createOrReplaceTempView(spark_view(f"bronze.{self._model.name}"))
        self._spark.sql(to_spark(self._model.query)).writeTo(table_name(self._model, branch)).append()
        return (branch,)

    def _bookings(self, judged: "Sequence[Row]") -> Iterator[Booking]:
        events: Counter[tuple[int, str, str]] = Counter()
        for row in judged:
            events[row.hour_us, row.door, row.kind] += row.events
        for (hour_us, door, kind), count in sorted(events.items()):
            yield layout.received_hour(hour_us), self._model.name, door, kind, count

    def _conflicts(self, arrived: "DataFrame", rejected: "DataFrame", hour_us: int) -> tuple[str, str]:
        refused = arrived.join(rejected.where("verdict = 'conflicts'").drop("verdict"), _PLACE)
        hour, name = layout.received_hour(hour_us), f"{self._run}-{self._model.name}"
        folder = layout.refused(hour, name)
        rows = _quarantined(refused.where(f"{ARRIVED_HOUR_US} = {hour_us}"), self._model)
        rows.coalesce(1).write.parquet(f"{self._url}/{folder}", mode="overwrite")
        (waiting,) = (path for path in self._store.below(folder) if path.endswith(".parquet"))
        return waiting, layout.bronze_object(QUARANTINE_TABLE, hour, name)


def _quarantined(refused: "DataFrame", model: Model) -> "DataFrame":
    from pyspark.sql import functions as f

    event = f.to_json(f.struct(*(column.name for column in table_columns(model.name))), {"ignoreNullFields": "false"})
    return refused.select(
        "received_at_us",
        "door",
        f.lit(model.name).alias("event_type"),
        "event_id",
        f.lit("silver").alias("stage"),
        f.lit("conflict").alias("code"),
        f.lit(conflict_message(model.name)).alias("message"),
        event.alias("payload"),
    )


_DAY = "CAST(timestamp_micros(occurred_at_us) AS DATE) AS day"


def _days(arrival: "DataFrame") -> tuple[date, ...]:
    return tuple(day for (day,) in arrival.selectExpr(_DAY).distinct().collect())


def _judged(arrival: "DataFrame", rejected: "DataFrame") -> "list[Row]":
    """Events by hour of arrival, door, verdict and day: all that is to be told of them, in one pass."""
    keys = ("hour_us", "door", "kind", "day")
    rows = arrival.join(rejected, _PLACE, "left").selectExpr(
        f"{ARRIVED_HOUR_US} AS hour_us", "door", f"coalesce(verdict, '{_ACCEPTED}') AS kind", _DAY
    )
    found: list[Row] = rows.groupBy(*keys).count().withColumnRenamed("count", "events").collect()
    return found
