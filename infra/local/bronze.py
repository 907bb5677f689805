"""Bronze of the embedded lake, for the jobs that keep it."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from infra.local.ledger import SqliteLedger
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery import rewriting
from ingest.delivery.booking import BronzeObject
from ingest.delivery.rewriting import Entry, StoredObject
from transforms.engines.upkeep import Found


class FolderBronze:
    """Implements :class:`transforms.jobs.bronze.Bronze`."""

    def __init__(self, root: Path, ledger: SqliteLedger) -> None:
        self._root, self._ledger = root, ledger

    def objects(self, table: str) -> Sequence[StoredObject]:
        known = self._ledger.objects(table)
        if table != QUARANTINE_TABLE:
            return known
        self._ledger.adopt(self._conflicts({item.path for item in known}))
        return self._ledger.objects(table)

    def _conflicts(self, known: set[str]) -> Iterator[BronzeObject]:
        """What builds refuse lands in quarantine without the ledger's knowledge."""
        not_ours = known | set(self._ledger.objects_to_remove(math.inf))
        for found in sorted((self._root / layout.bronze_table(QUARANTINE_TABLE)).rglob("*.parquet")):
            path = found.relative_to(self._root).as_posix()
            if path not in not_ours:
                rows = pq.read_metadata(found).num_rows
                hour = found.parent.name.partition("=")[2]
                yield BronzeObject(path, QUARANTINE_TABLE, hour, "", rows, found.stat().st_size)

    def take_out(self, path: str, found: Found, bookings: Iterable[Entry], facts: Mapping[str, str | None]) -> None:
        rewriting.take_out(self._root, self._ledger, path, found.rows, bookings, facts)

    def merge(self, table: str, paths: Sequence[str]) -> None:
        parts = [item for item in self._ledger.objects(table) if item.path in set(paths)]
        rewriting.merge(self._root, self._ledger, table, parts)

    def remove(self, paths: Sequence[str], facts: Mapping[str, str | None]) -> None:
        self._ledger.commit_removal(paths, (), facts)

    def sweep(self, kept_for_s: float) -> int:
        return rewriting.remove_struck(self._root, self._ledger, time.time() - kept_for_s)
