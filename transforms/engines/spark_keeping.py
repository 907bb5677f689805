"""Upkeep by Spark and Iceberg's own procedures."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ingest.contracts import layout
from sql.catalog import models
from sql.records import Model
from transforms.engines import persons, upkeep
from transforms.engines.spark_session import CATALOG, bronze, exists, table_name
from transforms.engines.spark_tables import MAIN, branch_of, drop_branch, show_branch, snapshots, start_branch
from transforms.engines.upkeep import Change, Found, Who
from transforms.jobs.runs import new_run

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ORPHANS_KEPT = timedelta(days=1, minutes=5)
"""What nothing refers to may be of a commit that is being made. Iceberg insists on a day."""


class SparkUpkeep:
    """Implements :class:`transforms.engines.upkeep.Upkeep`, but for ``store`` and ``discard``."""

    def __init__(self, spark: "SparkSession", url: str) -> None:
        self._spark, self._url = spark, url.rstrip("/")

    def links(self, names: Collection[str], waiting: Mapping[str, Sequence[str]]) -> frozenset[str]:
        self._register("person", names)
        silver = (model for model in models().values() if model.layer == layout.SILVER)
        events = [table_name(model) for model in silver if exists(self._spark, model)]
        for table, paths in waiting.items():
            if paths:
                events.append(f"waiting_{table}")
                bronze(self._spark, self._url, table, paths).createOrReplaceTempView(events[-1])
        if not events:
            return frozenset()
        return frozenset(name for (name,) in self._spark.sql(persons.links(events)).collect())

    def rows_of(self, table: str, objects: Sequence[str], who: Who) -> Mapping[str, Found]:
        if not objects:
            return {}
        self._register_person(who)
        numbered = bronze(self._spark, self._url, table, objects).select(
            "*", "_metadata.file_path", "_metadata.row_index"
        )
        numbered.createOrReplaceTempView("searched")
        named = f"SELECT file_path, row_index, received_at_us, door FROM searched WHERE {persons.is_of_person(table)}"
        rows: dict[str, list[int]] = defaultdict(list)
        arrived: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for url, number, received_at_us, door in self._spark.sql(named).collect():
            path = url.removeprefix(f"{self._url}/")
            rows[path].append(number)
            arrived[path][layout.received_hour(received_at_us), door] += 1
        return {path: Found(tuple(sorted(rows[path])), _arrived(arrived[path])) for path in sorted(rows)}

    def take_out(self, model: Model, who: Who, run: str) -> Change:
        self._register_person(who)
        is_silver = model.layer == layout.SILVER
        return self._without(model, persons.is_of_person(model.name) if is_silver else persons.names_person(model), run)

    def expire(self, model: Model, first_kept: date, run: str) -> Change:
        is_silver = model.layer == layout.SILVER
        old = f"occurred_at < TIMESTAMP_NTZ '{first_kept} 00:00:00'" if is_silver else f"day < DATE '{first_kept}'"
        return self._without(model, old, run)

    def merges(self, model: Model) -> Iterator[Change]:
        """Iceberg's procedure shows readers the new files as it goes, so the change has nothing left to commit."""
        if not exists(self._spark, model) or not self._has_many_small(model):
            return
        before = self._files(model)
        options = {
            "min-file-size-bytes": upkeep.SMALL_BYTES,
            "target-file-size-bytes": 2 * upkeep.SMALL_BYTES,
            "min-input-files": upkeep.SMALL_FILES + 1,
        }
        said = ", ".join(f"'{name}', '{value}'" for name, value in options.items())
        self._call("rewrite_data_files", model, f"options => map({said})")
        if gone := before - self._files(model):
            yield Change(model.full_name, new_run(), tuple(sorted(gone)), ())

    def commit_change(self, change: Change) -> None:
        for branch in change.written:
            show_branch(self._spark, models()[change.table], branch)

    def remove_old(self, kept_for: timedelta) -> int:
        removed = self.expire_snapshots(kept_for)
        before = datetime.now(UTC) - max(kept_for, _ORPHANS_KEPT)
        for model in self._existing():
            removed += len(self._call("remove_orphan_files", model, f"older_than => {_timestamp(before)}"))
        return removed

    def expire_snapshots(self, kept_for: timedelta) -> int:
        """Remove old snapshots with the files that only these have, and what runs that were cut off left on branches;
        returns how many files went.
        """
        before = datetime.now(UTC) - kept_for
        removed = 0
        for model in self._existing():
            for branch in snapshots(self._spark, model).keys() - {MAIN}:
                drop_branch(self._spark, model, branch)
            ((*files,),) = self._call("expire_snapshots", model, f"older_than => {_timestamp(before)}")
            removed += sum(count or 0 for count in files)
        return removed

    def _without(self, model: Model, condition: str, run: str) -> Change:
        """A change by which the rows that meet a condition are gone."""
        if not exists(self._spark, model):
            return Change(model.full_name, run, (), ())
        is_silver = model.layer == layout.SILVER
        day = "CAST(occurred_at AS DATE)" if is_silver else "day" if model.is_daily else "CAST(NULL AS DATE)"
        arrival = f"date_format(received_at, '{layout.PROJECTION_HOUR_FORMAT}'), door" if is_silver else "NULL, NULL"
        found = self._spark.sql(
            f"SELECT {day}, {arrival}, count(*) FROM {table_name(model)} WHERE {condition} GROUP BY 1, 2, 3"
        ).collect()
        if not found:
            return Change(model.full_name, run, (), ())
        branch = branch_of(run)
        start_branch(self._spark, model, branch)
        self._spark.sql(f"DELETE FROM {table_name(model, branch)} WHERE {condition}")
        arrived: Counter[tuple[str, str]] = Counter()
        for _, hour, door, rows in found:
            if hour is not None:
                arrived[hour, door] += rows
        return Change(
            model.full_name,
            run,
            (),
            (branch,),
            sum(rows for *_, rows in found),
            _arrived(arrived),
            tuple(sorted({day for day, *_ in found if day is not None})),
        )

    def _has_many_small(self, model: Model) -> bool:
        """Whether a day has more small files than are left alone; the procedure takes seconds to find out."""
        parts = "partition" if model.partition else "1"
        many = self._spark.sql(
            f"SELECT 1 FROM {table_name(model)}.files WHERE file_size_in_bytes < {upkeep.SMALL_BYTES} "
            f"GROUP BY {parts} HAVING count(*) > {upkeep.SMALL_FILES} LIMIT 1"
        )
        return bool(many.collect())

    def _files(self, model: Model) -> set[str]:
        return {path for (path,) in self._spark.sql(f"SELECT file_path FROM {table_name(model)}.files").collect()}

    def _call(self, procedure: str, model: Model, arguments: str) -> "list[tuple[int, ...]]":
        said = self._spark.sql(f"CALL {CATALOG}.system.{procedure}(table => '{model.full_name}', {arguments})")
        return [tuple(row) for row in said.collect()]

    def _existing(self) -> Iterator[Model]:
        return (model for model in models().values() if exists(self._spark, model))

    def _register_person(self, who: Who) -> None:
        """The tables of the session that :mod:`transforms.engines.persons` asks."""
        self._register("person", who.names)
        self._register("link", who.links)

    def _register(self, name: str, ids: Iterable[str]) -> None:
        self._spark.createDataFrame([(one,) for one in sorted(ids)], "id STRING").createOrReplaceTempView(name)


def _arrived(counts: Mapping[tuple[str, str], int]) -> upkeep.Arrived:
    return tuple((hour, door, rows) for (hour, door), rows in sorted(counts.items()))


def _timestamp(at: datetime) -> str:
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S.%f}'"
