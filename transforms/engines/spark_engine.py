"""Spark over Iceberg tables in Glue's catalog: the large lake's engine.

What a run writes stands on a branch of its own in each table, which the gate reads and a fast-forward shows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from ingest.contracts import layout
from sql.catalog import models, views, wide_views
from sql.dialects import spark_view, to_spark
from sql.funnels.model import Funnel
from sql.prices.daily import COLUMNS, SAID, Pricing
from sql.publication import Part
from sql.records import Model
from transforms.engines.definition import partition_of
from transforms.engines.inputs import (
    bookings as bookings_input,
)
from transforms.engines.inputs import (
    funnel_steps,
    model_prices,
    naming,
    naming_none,
    thresholds,
)
from transforms.engines.inputs import (
    persons as persons_input,
)
from transforms.engines.protocol import KEPT_FOR, Candidate, Staged
from transforms.engines.spark_extract import extract
from transforms.engines.spark_reread import SparkRereading
from transforms.engines.spark_session import (
    exists,
    gold_empty,
    in_days,
    on_days,
    register,
    silver_empty,
    table_name,
)
from transforms.engines.spark_silver import Stager
from transforms.engines.spark_tables import branch_of, drop_branch, ensure, show_branch, snapshots, start_branch
from transforms.engines.store import Store
from transforms.engines.upkeep import Change
from transforms.jobs.ledger import Booking, Person
from transforms.quality.rows import Rows
from transforms.quality.spark_rows import SparkRows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SCRATCH = f"{layout.STAGING}/build"


class SparkEngine(SparkRereading):
    """Implements :class:`transforms.engines.protocol.Engine`.

    Args:
        spark: a session with :func:`transforms.engines.spark_session.settings`.
        url: the lake's root as Spark knows it, such as ``s3://bucket/lake``.
        store: the same root.
    """

    def __init__(self, spark: "SparkSession", url: str, store: Store) -> None:
        super().__init__(spark, url)
        self._store = store

    @property
    def store(self) -> Store:
        return self._store

    def stage(self, model: Model, objects: Sequence[str], run: str) -> Staged:
        return Stager(self._spark, self._store, self._url, model, run).stage(objects)

    def days(self, model: Model) -> set[date]:
        if not exists(self._spark, model) or not model.partition:
            return set()
        name = "_".join(partition_of(model.partition))
        found = self._spark.sql(f"SELECT DISTINCT partition.{name} FROM {table_name(model)}.partitions").collect()
        return {day for (day,) in found}

    def days_naming(self, persons: Sequence[Person]) -> dict[str, set[date]]:
        if not persons:
            return {}
        register(self._spark, persons_input("consent.decided", persons))
        days = {}
        for model in _silver():
            if exists(self._spark, model):
                found = self._matching(self._spark.table(table_name(model)), naming(model, "s", "consent.decided"))
                rows = found.selectExpr("CAST(occurred_at AS DATE) AS day").distinct().collect()
                days[model.name] = {day for (day,) in rows}
        return days

    def read_silver(
        self,
        needed: Mapping[str, Collection[date]],
        staged: Sequence[Staged],
        withdrawn: Iterable[Person],
        pricing: Pricing,
    ) -> None:
        register(self._spark, persons_input("consent.withdrawn", withdrawn))
        branches = {item.table: item.written[0] for item in staged if item.written}
        for model in _silver():
            rows = self._silver_rows(model, needed.get(model.full_name, ()), branches.get(model.name))
            kept = self._matching(rows, naming_none(model, "s", "consent.withdrawn"))
            kept.createOrReplaceTempView(spark_view(model.full_name))
        self._register_prices(pricing)
        register(self._spark, thresholds())
        for name, query in views().items():
            rows = self._spark.sql(to_spark(query))
            # Tables read it, and views that others are made of: each would compute it again. Held by the session itself
            # it would still be part of every plan made of it, and Spark spends minutes on plans that nest so deeply.
            kept = self._written(rows, f"{_SCRATCH}/{name}") if name in wide_views() else rows
            kept.createOrReplaceTempView(spark_view(name))

    def _register_prices(self, pricing: Pricing) -> None:
        said = self._spark.sql(to_spark(SAID)).collect()
        model, days = models()["gold.price_daily"], {day for day, *_ in said if pricing.keeps(day)}
        kept = []
        if days and exists(self._spark, model):
            kept = self._spark.table(table_name(model)).where(in_days(days)).select(*COLUMNS).collect()
        register(self._spark, model_prices(said, kept, pricing.book))

    def read_bookings(self, bookings: Sequence[Booking]) -> None:
        register(self._spark, bookings_input(bookings))

    def read_funnels(self, funnels: Sequence[Funnel]) -> None:
        register(self._spark, funnel_steps(funnels))

    def compute(self, model: Model, days: tuple[date, ...] | None, run: str) -> Candidate:
        from pyspark.sql.functions import expr

        branch = branch_of(run)
        ensure(self._spark, model, self._location(model))
        start_branch(self._spark, model, branch)
        replaced = "TRUE" if days is None else in_days(days)
        typed = ", ".join(f"CAST({name} AS {spec.type}) AS {name}" for name, spec in model.columns.items())
        rows = self._spark.sql(to_spark(f"SELECT {typed} FROM ({model.query}) AS computed WHERE {replaced}"))
        # Whoever reads a few days of an unpartitioned table then skips the others.
        written = (rows if model.partition else rows.orderBy(*model.grain)).writeTo(table_name(model, branch))
        if days is None or model.partition:
            written.overwrite(expr(replaced))
        else:  # whose files hold other days as well, so that no file can be replaced whole
            self._spark.sql(f"DELETE FROM {table_name(model, branch)} WHERE {replaced}")
            written.append()
        candidate = Candidate(model, (branch,), days)
        self._candidate_rows(candidate).createOrReplaceTempView(spark_view(model.full_name))
        return candidate

    def read_gold(self, model: Model, candidate: Candidate | None) -> None:
        rows = self._committed(model) if candidate is None else self._after(candidate)
        rows.createOrReplaceTempView(spark_view(model.full_name))

    def rows(self, item: Staged | Candidate | Change) -> Rows:
        if isinstance(item, Change):
            return SparkRows(self._changed_rows(item))
        return SparkRows(self._candidate_rows(item) if isinstance(item, Candidate) else self._staged_rows(item))

    def rows_after(self, candidate: Candidate) -> Rows:
        return SparkRows(self._after(candidate))

    def commit_silver(
        self,
        model: Model,
        written: Sequence[str],
        conflicts: Iterable[tuple[str, str]],
        run: str,  # noqa: ARG002 - its branch says it
    ) -> None:
        ensure(self._spark, model, self._location(model))
        for branch in written:
            show_branch(self._spark, model, branch)
        for waiting, path in conflicts:
            self._store.move(waiting, path)

    def commit_gold(self, candidate: Candidate, run: str) -> None:  # noqa: ARG002 - its branch says it
        for branch in candidate.written:
            show_branch(self._spark, candidate.model, branch)

    def discard(self, run: str) -> None:
        for model in models().values():
            if exists(self._spark, model):
                drop_branch(self._spark, model, branch_of(run))
        for path in self._store.below(layout.STAGING):
            if f"-{run}-" in path:
                self._store.remove(path)

    def extract(self, model: Model, run: str, months: Collection[str] | None = None) -> dict[str, Part]:
        return extract(self._committed(model), self._store, self._url, model, run, months)

    def tidy(self) -> None:
        self.expire_snapshots(KEPT_FOR)

    def _location(self, model: Model) -> str:
        return f"{self._url}/{layout.table(model.layer, model.name)}"

    def close(self) -> None:
        """Remove what only this session had a use for."""
        for path in self._store.below(_SCRATCH):
            self._store.remove(path)

    def _written(self, rows: "DataFrame", folder: str) -> "DataFrame":
        """The same rows, read from files below the lake's root."""
        rows.write.parquet(f"{self._url}/{folder}", mode="overwrite")
        return self._spark.read.schema(rows.schema).parquet(f"{self._url}/{folder}")

    def _matching(self, rows: "DataFrame", condition: str) -> "DataFrame":
        rows.createOrReplaceTempView("unfiltered")
        return self._spark.sql(to_spark(f"SELECT * FROM unfiltered AS s WHERE {condition}"))

    def _silver_rows(self, model: Model, days: Collection[date], branch: str | None) -> "DataFrame":
        if not exists(self._spark, model):
            return silver_empty(self._spark, model)
        return self._spark.table(table_name(model, branch)).where(on_days("occurred_at", days))

    def _staged_rows(self, staged: Staged) -> "DataFrame":
        """What the run added to a silver table, and nothing that stood there before."""
        model, (branch,) = models()[f"silver.{staged.table}"], staged.written
        head = self._spark.sql(
            f"SELECT parent_id FROM {table_name(model)}.snapshots "
            f"WHERE snapshot_id = {snapshots(self._spark, model)[branch]}"
        ).first()
        since = {} if head is None or head[0] is None else {"start-snapshot-id": str(head[0])}
        until = {"end-snapshot-id": str(snapshots(self._spark, model)[branch])}
        return self._spark.read.options(**since, **until).table(table_name(model))

    def _committed(self, model: Model) -> "DataFrame":
        return self._spark.table(table_name(model)) if exists(self._spark, model) else gold_empty(self._spark, model)

    def _after(self, candidate: Candidate) -> "DataFrame":
        """The whole table as the run's branch has it."""
        return self._spark.table(table_name(candidate.model, candidate.written[0]))

    def _candidate_rows(self, candidate: Candidate) -> "DataFrame":
        rows = self._after(candidate)
        return rows if candidate.days is None else rows.where(in_days(candidate.days))


def _silver() -> list[Model]:
    return [model for model in models().values() if model.layer == "silver"]
