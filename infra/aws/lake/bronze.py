"""Bronze of the lake in AWS, for the jobs that keep it.

Objects are never put together here: whoever lists a folder meanwhile would read their rows twice, and Firehose has
packed them already. One that is written anew keeps its path, so that readers have the old one or the new one.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from infra.aws.lake.objects import ObjectLedger, StoredObject
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.booking import BronzeObject
from ingest.delivery.bronze import write_parquet
from ingest.delivery.rewriting import Entry, without
from transforms.engines.mirror import Mirror
from transforms.engines.upkeep import Found

_HOUR_US = 3_600_000_000


class BucketBronze:
    """Implements :class:`transforms.jobs.bronze.Bronze`. The caller holds the build lock."""

    def __init__(self, mirror: Mirror, ledger: ObjectLedger) -> None:
        self._mirror, self._ledger = mirror, ledger

    def unknown(self, table: str, after: str = "") -> Iterator[BronzeObject]:
        """Objects that the ledger does not have yet, of those that come after a path; each once for every hour in
        which its rows arrived and every door.
        """
        known = self._ledger.known(table, after)
        listed = self._mirror.bucket.listed(layout.bronze_table(table), after)
        paths = [file.path for file in listed if file.path not in known and file.path.endswith(layout.BRONZE_SUFFIX)]
        self._mirror.fetch(paths)
        for path in paths:
            yield from _parts(self._mirror.root / path, table, path)

    def objects(self, table: str) -> Sequence[StoredObject]:
        if table == QUARANTINE_TABLE:  # no build waits for what was refused, and so none has looked for it
            self._ledger.adopt(self.unknown(table))
        return self._ledger.objects(table)

    def take_out(self, path: str, found: Found, bookings: Iterable[Entry], facts: Mapping[str, str | None]) -> None:
        self._mirror.fetch([path])
        staged = layout.staged(path)
        size_bytes = write_parquet(without(self._mirror.root / path, found.rows), self._mirror.root / staged)
        self._mirror.store([staged])
        self._ledger.commit_rewrite(path, size_bytes, found.arrived, bookings, facts)
        self.land()

    def land(self) -> None:
        """Put what waits for it in its place: of this job, or of one that was cut off."""
        path = self._ledger.to_land()
        if path is not None:
            self._mirror.bucket.move(layout.staged(path), path)
            self._mirror.forget([path, layout.staged(path)])
            self._ledger.landed()

    def remove(self, paths: Sequence[str], facts: Mapping[str, str | None]) -> None:
        self._ledger.commit_removal(paths, facts)

    def sweep(self, kept_for_s: float) -> int:
        paths = self._ledger.objects_to_remove(time.time() - kept_for_s)
        self._mirror.discard(paths)
        self._ledger.removed(paths)
        return len(paths)


def _parts(file: Path, table: str, path: str) -> Iterator[BronzeObject]:
    """An object's rows by hour of arrival and door."""
    rows = pq.read_table(file, columns=["received_at_us", "door"], partitioning=None)
    hours = pc.divide(rows["received_at_us"], _HOUR_US)
    counts = rows.append_column("hour", hours).group_by(["hour", "door"]).aggregate([([], "count_all")])
    for row in counts.sort_by([("hour", "ascending"), ("door", "ascending")]).to_pylist():
        hour = layout.received_hour(row["hour"] * _HOUR_US)
        yield BronzeObject(path, table, hour, row["door"], row["count_all"], file.stat().st_size)
