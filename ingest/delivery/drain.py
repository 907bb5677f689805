"""Moves what the spool holds into bronze, exactly once, whatever dies on the way.

Objects are written aside first; then one ledger transaction books the counts, names the objects and strikes
off the segments; then the objects get their place and the segments go. A crash before the transaction leaves
the segments to be drained again, one after it leaves renames that the next drain finishes.
"""

import fcntl
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.booking import Booking, BronzeObject
from ingest.delivery.bronze import to_arrow, write_parquet
from ingest.delivery.clock import LakeClock
from ingest.delivery.durable import sync_folder
from ingest.delivery.spool import SUFFIX, Frame, Gap, opened_at_us, read_segment

_BATCH_BYTES = 16 << 20


class DeliveryLedger(Protocol):
    """What a drain needs to remember."""

    def is_drained(self, segment: str) -> bool: ...
    def commit_drain(self, objects: list[BronzeObject], bookings: list[Booking], segments: list[str]) -> None: ...
    def drained_until(self, received_us: int) -> int: ...
    def objects_to_land(self) -> list[str]: ...
    def landed(self, paths: list[str]) -> None: ...
    def forget_segments(self, segments: list[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did."""

    rows: int
    objects: int
    complete_through_us: int
    """Everything that arrived before is in bronze."""
    damaged: tuple[str, ...] = ()
    """What could not be read, a sentence each, with where the bytes are kept."""


def drain(root: Path, ledger: DeliveryLedger) -> Drained:
    """Move every segment that no writer holds into bronze.

    Safe to call from several processes: one drains, the others wait.
    """
    spool = root / layout.SPOOL
    rows = objects_written = 0
    damaged: list[str] = []
    with drain_lock(root):
        land(root, ledger)
        _clear_staging(root)
        # Before looking for segments: whatever is written into one that is not there yet arrives later.
        through_us = _now_us(spool)
        busy: list[Path] = []
        for batch in _batches(sorted(spool.glob(f"*{SUFFIX}")), busy):
            fresh = [path for path in batch if not ledger.is_drained(path.name)]
            frames, unread = _read(fresh)
            objects = _stage(root, frames)
            ledger.commit_drain(objects, _bookings(frames, objects), [path.name for path in fresh])
            land(root, ledger)
            for path in batch:
                path.unlink()
            ledger.forget_segments([path.name for path in batch])
            rows += sum(o.rows for o in objects)
            objects_written += len(objects)
            damaged += unread
        # What was complete once stays so: a segment that is older and busy came into sight after that was said.
        through_us = ledger.drained_until(min([through_us, *map(opened_at_us, busy)]))
    return Drained(rows, objects_written, through_us, tuple(damaged))


def _now_us(spool: Path) -> int:
    with closing(LakeClock(spool)) as clock:
        now_us = clock.tick_us()
        clock.sync()  # a writer that starts after a power cut must not go back behind what is told as complete
        return now_us


def put(
    root: Path, ledger: DeliveryLedger, frames: list[Frame], commit: Callable[[list[BronzeObject], list[Booking]], None]
) -> None:
    """Write batches into bronze that no spool holds; the caller has the `drain_lock`.

    Args:
        commit: does all that the ledger has to know of it in one transaction. Before it nothing has happened, after it
            everything has, whatever dies.
    """
    objects = _stage(root, frames)
    commit(objects, _bookings(frames, objects))
    land(root, ledger)


@contextmanager
def drain_lock(root: Path) -> Iterator[None]:
    """While it is held, nobody else writes bronze or clears what waits for it."""
    (root / layout.SPOOL).mkdir(parents=True, exist_ok=True)
    with (root / layout.SPOOL / "drain.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _batches(segments: list[Path], busy: list[Path]) -> Iterator[list[Path]]:
    """Finished segments in groups that fit into memory several times over; those that are being written go to ``busy``.

    Nobody goes back to a segment, so one that is held by nobody now is finished.
    """
    batch: list[Path] = []
    size = 0
    for path in segments:
        if _is_held(path):
            busy.append(path)
            continue
        if batch and size + path.stat().st_size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += path.stat().st_size
    if batch:
        yield batch


def _is_held(path: Path) -> bool:
    """Whether a living writer has the segment."""
    with FileIO(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _read(segments: list[Path]) -> tuple[list[Frame], list[str]]:
    frames: list[Frame] = []
    damaged: list[str] = []
    for path in segments:
        for part in read_segment(path):
            if isinstance(part, Frame):
                frames.append(part)
            else:
                damaged.append(_keep(path, part))
    return frames, damaged


def _keep(segment: Path, gap: Gap) -> str:
    """Store what could not be read: if it was the disk, the bytes are the only trace. Says so in a sentence."""
    kept = segment.with_suffix(f".damaged-{gap.offset}")
    with kept.open("wb") as file:
        file.write(gap.data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(kept.parent)
    return f"{segment} can't be read at byte {gap.offset}; its {len(gap.data):,} unread bytes are kept in {kept}."


def _stage(root: Path, frames: list[Frame]) -> list[BronzeObject]:
    groups: dict[tuple[str, str, str], list[tuple[int, int, memoryview]]] = defaultdict(list)
    for frame in frames:
        hour = layout.received_hour(frame.received_at_us)
        for table, rows, body in frame.parts:
            groups[table, hour, frame.door].append((frame.received_at_us, rows, body))
    objects = []
    for (table, hour, door), parts in groups.items():
        path = layout.bronze_object(table, hour, uuid.uuid4().hex)
        rows = to_arrow(table, door, parts)
        size = write_parquet(rows, staged(root, path))
        objects.append(BronzeObject(path, table, hour, door, rows.num_rows, size))
    if objects:
        sync_folder(root / layout.STAGING)
    return objects


def staged(root: Path, path: str) -> Path:
    """Where an object waits for its ledger entry."""
    return root / layout.staged(path)


def _bookings(frames: list[Frame], objects: list[BronzeObject]) -> list[Booking]:
    totals: Counter[tuple[str, str, str, str]] = Counter()
    for frame in frames:
        hour = layout.received_hour(frame.received_at_us)
        for kind, by_type in frame.counts.items():
            for event_type, count in by_type.items():
                totals[hour, event_type, frame.door, kind] += count
    # Counted from the objects, not from the frames: it is the hand-over that is being proved.
    for o in objects:
        if o.table != QUARANTINE_TABLE:
            totals[o.hour, o.table, o.door, "bronze"] += o.rows
    return [Booking(*key, count) for key, count in totals.items() if count]


def _clear_staging(root: Path) -> None:
    """What a crash left here before its ledger entry; its segment will be drained again."""
    for path in (root / layout.STAGING).glob(f"{layout.BRONZE}~*"):
        path.unlink()


def land(root: Path, ledger: DeliveryLedger) -> None:
    paths = ledger.objects_to_land()
    folders: set[Path] = set()
    for path in paths:
        waiting, place = staged(root, path), root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if waiting.exists():
            waiting.replace(place)
        folders.update((root / path).parents[: len(Path(path).parts)])
    # The segments go next: by then a power cut must find the objects in their place.
    for folder in folders:
        sync_folder(folder)
    ledger.landed(paths)
