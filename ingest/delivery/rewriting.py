"""What bronze, which is append-only, allows all the same: rows taken out, objects put together, old ones removed.

Each is one ledger transaction, with a file written aside before it and put in its place after it. Killed before the
transaction nothing has happened; killed after it, the next drain finishes.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contracts import layout
from ingest.delivery.booking import BronzeObject
from ingest.delivery.bronze import write_parquet
from ingest.delivery.drain import DeliveryLedger, drain_lock, land, staged

Entry = tuple[str, str, str, str, int]
"""Hour of arrival, event type, door, kind, events."""


class StoredObject(NamedTuple):
    """One Parquet object of bronze, by its path in the lake."""

    path: str
    hour: str
    door: str
    rows: int
    size_bytes: int
    is_built: bool
    """Whether silver has taken it."""

    @property
    def hours(self) -> tuple[str]:
        """In which its rows arrived."""
        return (self.hour,)


class RewritingLedger(DeliveryLedger, Protocol):
    """What a change of bronze needs to remember."""

    def commit_rewrite(
        self,
        path: str,
        size_bytes: int,
        rows_out: Sequence[int],
        bookings: Iterable[Entry],
        facts: Mapping[str, str | None],
    ) -> None: ...
    def commit_merge(self, whole: BronzeObject, parts: Sequence[StoredObject]) -> None: ...
    def objects_to_remove(self, struck_before_s: float) -> list[str]: ...
    def removed(self, paths: Iterable[str]) -> None: ...


def take_out(
    root: Path,
    ledger: RewritingLedger,
    path: str,
    rows: Sequence[int],
    bookings: Iterable[Entry] = (),
    facts: Mapping[str, str | None] | None = None,
) -> None:
    """Write an object anew without some of its rows, which are told by their number, and book it.

    The object keeps its path, and readers have the old one or the new one. One without a row left stays, empty.
    """
    with drain_lock(root):
        size_bytes = write_parquet(without(root / path, rows), staged(root, path))
        ledger.commit_rewrite(path, size_bytes, rows, bookings, facts or {})
        land(root, ledger)


def without(file: Path, rows: Sequence[int]) -> pa.Table:
    """An object without some of its rows, which are told by their number."""
    table = pq.read_table(file, partitioning=None)
    kept = np.ones(table.num_rows, bool)
    kept[list(rows)] = False
    return table.filter(pa.array(kept))


def merge(root: Path, ledger: RewritingLedger, table: str, parts: Sequence[StoredObject]) -> None:
    """Put objects of one hour and door together. Readers that have the small ones open still find them for a while."""
    path = layout.bronze_object(table, parts[0].hour, uuid.uuid4().hex)
    with drain_lock(root):
        rows = pa.concat_tables(
            [pq.read_table(root / part.path, partitioning=None) for part in parts], promote_options="default"
        )
        size_bytes = write_parquet(rows, staged(root, path))
        whole = BronzeObject(path, table, parts[0].hour, parts[0].door, rows.num_rows, size_bytes)
        ledger.commit_merge(whole, parts)
        land(root, ledger)


def remove_struck(root: Path, ledger: RewritingLedger, struck_before_s: float) -> int:
    """Remove the files of objects that were struck out before a time in seconds since 1970; returns how many."""
    with drain_lock(root):  # or an hour's folder could go while something lands in it
        paths = ledger.objects_to_remove(struck_before_s)
        for path in paths:
            (root / path).unlink(missing_ok=True)
            with suppress(OSError):  # others lie there, or it went before
                (root / path).parent.rmdir()
        ledger.removed(paths)
    return len(paths)
