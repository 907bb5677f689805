"""Mapped rows into the embedded lake: batch by batch through delivery, then drained into bronze."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from infra.local.delivering import open_transform, preview_transform
from infra.local.lake import Lake
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.outcome import Outcome
from ingest.delivery.spool import SpoolWriter
from ingest.delivery.transform import Transform
from ingest.delivery.unavailable import Unavailable
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.batches import Batch, batches
from ingest.doors.mapping.ids import RowIds
from ingest.doors.mapping.model import Mapping
from ingest.doors.mapping.placed import apart
from ingest.doors.refused import ImportRefused

_SEGMENT_BYTES = 16 << 20
_REASONS_KEPT = 20
_ROWS_SHOWN = 10


@dataclass(slots=True)
class Imported:
    """What became of the rows of one command, by event type."""

    received: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    passed_over: int = 0
    """Rows that are no events, as the mapping says."""
    reasons: list[str] = field(default_factory=list)
    """The first few refusals, with file and line."""

    def add(self, batch: Batch, outcome: Outcome) -> None:
        """What became of one more batch."""
        self.passed_over += batch.passed_over
        self.received += outcome.received
        self.quarantined += outcome.quarantined
        self.dropped += outcome.dropped
        room = _REASONS_KEPT - len(self.reasons)
        self.reasons += [refusal.message for _, refusal in outcome.refusals[:room]]

    def by_type(self) -> dict[str, dict[str, int]]:
        """Counts by event type; ``received = stored + quarantined + dropped`` in each."""
        return {
            event_type: {
                "received": received,
                "stored": received - self.quarantined[event_type] - self.dropped[event_type],
                "quarantined": self.quarantined[event_type],
                "dropped": self.dropped[event_type],
            }
            for event_type, received in sorted(self.received.items())
        }

    def as_json(self) -> str:
        by_type = self.by_type()
        names = ("received", "stored", "quarantined", "dropped")
        totals = {name: sum(counts[name] for counts in by_type.values()) for name in names}
        totals["passed_over"] = self.passed_over
        return orjson.dumps({**totals, "by_type": by_type, "refusals": self.reasons}).decode()


def import_files(lake: Lake, paths: Sequence[Path], mapping: Mapping, size_bytes: int) -> Imported:
    """Take all rows of files that `check_files` has passed.

    Raises:
        ImportRefused: a file or the disk failed on the way; says what was imported until then, which stays.
    """
    transform = open_transform(lake)
    imported, ids, writer = Imported(), RowIds(mapping.source), lake.spool_writer()
    done = Counter[Path]()
    try:
        with _progress(size_bytes) as advance:
            for batch in batches(paths, RowMapper(mapping, ids)):
                outcome = _transformed(transform, batch)
                _append(writer, f"import:{mapping.name}", outcome)
                imported.add(batch, outcome)
                done[batch.file] += batch.rows
                advance(batch)
    except (ImportRefused, OSError, Unavailable) as error:
        writer.roll()
        raise ImportRefused(_half_way(error, paths, done)) from error
    finally:
        writer.roll()
        ids.close()
    lake.drain()
    return imported


def preview(paths: Sequence[Path], mapping: Mapping, *, as_json: bool) -> Iterator[str]:
    """The first rows of each event type as they would be stored, every refusal and the counts, a line each.

    Nothing is stored.
    """
    transform = preview_transform()
    imported, ids, shown = Imported(), RowIds(mapping.source), Counter[str]()
    for batch in batches(paths, RowMapper(mapping, ids)):
        outcome = _transformed(transform, batch)
        imported.add(batch, outcome)
        for table, rows in outcome.rows.items():
            if table == QUARANTINE_TABLE:
                continue
            first = rows[: _ROWS_SHOWN - shown[table]]
            shown[table] += len(first)
            yield from (f'{{"event_type":"{table}",{row[1:].decode()}' for row in first)
        for _, refusal in outcome.refusals:
            yield orjson.dumps({"refused": refusal.message}).decode() if as_json else f"refused: {refusal.message}"
    ids.close()
    if as_json:
        yield imported.as_json()
        return
    for event_type, counts in imported.by_type().items():
        yield f"{event_type}: {counts['received']:,} received, {counts['stored']:,} would be stored"
    if imported.passed_over:
        yield passed_over(imported.passed_over)
    yield "Nothing was stored (--dry-run)."


def _transformed(transform: Transform, batch: Batch) -> Outcome:
    items, place_of = apart(batch.placed)
    return transform(items, datetime.now(UTC), place_of)


def passed_over(rows: int) -> str:
    """What is said of rows that became nothing."""
    return f"Passed over, as the mapping says (`skip`, `else: ignore`, or an `each` without a value): {rows:,}"


def _append(writer: SpoolWriter, door: str, outcome: Outcome) -> None:
    if not outcome.received:
        return
    writer.append(door, outcome)
    if writer.bytes_written > _SEGMENT_BYTES:
        writer.roll()


def _half_way(error: Exception, paths: Sequence[Path], done: Counter[Path]) -> str:
    said = str(error) if isinstance(error, ImportRefused) else f"The lake can't be written: {error.args[-1]}."
    if not done:
        return f"{said} Nothing was imported."
    whole = ", ".join(f"{count:,} rows of {path}" for path, count in done.items())
    untouched = [str(path) for path in paths if path not in done]
    rest = f", and nothing of {', '.join(untouched)}" if untouched else ""
    return f"{said} Imported until then: {whole}{rest}; repeat the command when it is repaired, nothing will double."


@contextmanager
def _progress(size_bytes: int) -> Iterator["_Advance"]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]:,} rows"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        yield _Advance(bar, size_bytes)


class _Advance:
    """Moves the bar by stored bytes: how many rows there are, nobody knows before the end."""

    def __init__(self, bar: Progress, size_bytes: int) -> None:
        self._bar, self._task = bar, bar.add_task("import", total=size_bytes, rows=0)
        self._rows, self._file, self._before, self._here = 0, Path(), 0, 0

    def __call__(self, batch: Batch) -> None:
        if batch.file != self._file:
            self._before, self._file = self._before + self._here, batch.file
        self._here = batch.position_bytes
        self._rows += batch.rows
        self._bar.update(self._task, completed=self._before + self._here, rows=self._rows, description=batch.file.name)
