"""Bronze of the embedded lake, for the jobs that keep it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from infra.local.ledger import SqliteLedger
from ingest.delivery import rewriting
from ingest.delivery.rewriting import Entry, StoredObject


class FolderBronze:
    """Implements :class:`transforms.jobs.bronze.Bronze`."""

    def __init__(self, root: Path, ledger: SqliteLedger) -> None:
        self._root, self._ledger = root, ledger

    def objects(self, table: str) -> Sequence[StoredObject]:
        return self._ledger.objects(table)

    def take_out(
        self, path: str, rows: Sequence[int], bookings: Iterable[Entry], facts: Mapping[str, str | None]
    ) -> None:
        rewriting.take_out(self._root, self._ledger, path, rows, bookings, facts)

    def merge(self, table: str, parts: Sequence[StoredObject]) -> None:
        rewriting.merge(self._root, self._ledger, table, parts)

    def remove(self, paths: Sequence[str], facts: Mapping[str, str | None]) -> None:
        self._ledger.commit_removal(paths, (), facts)

    def sweep(self, kept_for_s: float) -> int:
        return rewriting.remove_struck(self._root, self._ledger, time.time() - kept_for_s)
