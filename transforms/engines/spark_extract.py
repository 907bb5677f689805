"""Committed gold tables as the sorted files that the API reads, written by Spark."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from ingest.contracts import layout
from sql.publication import WHOLE, Part
from sql.records import Model
from transforms.engines.store import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MONTH = "month"


def extract(
    rows: "DataFrame", store: Store, url: str, model: Model, run: str, months: Collection[str] | None
) -> dict[str, Part]:
    """See :meth:`transforms.engines.protocol.Engine.extract`; ``rows`` are the table's, ``url`` is the lake's."""
    from pyspark.sql.functions import date_format

    folder = layout.extract(run, model.name).removesuffix(".parquet")
    known = rows.select(*model.columns)
    if not model.is_daily:
        known.repartition(1).sortWithinPartitions(*model.grain).write.parquet(f"{url}/{folder}", mode="overwrite")
        return {WHOLE: Part(_only(store, folder), known.count())}
    by_month = known.withColumn(_MONTH, date_format("day", "yyyy-MM"))
    due = by_month if months is None else by_month.where(by_month[_MONTH].isin(*months))
    counts: dict[str, int] = dict(due.groupBy(_MONTH).count().collect())
    ordered = due.repartition(_MONTH).sortWithinPartitions(_MONTH, *model.grain)
    ordered.write.partitionBy(_MONTH).parquet(f"{url}/{folder}", mode="overwrite")
    return {month: Part(_only(store, f"{folder}/{_MONTH}={month}"), counts[month]) for month in sorted(counts)}


def _only(store: Store, folder: str) -> str:
    (path,) = (path for path in store.below(folder) if path.endswith(".parquet"))
    return path
