"""Files through a mapping, in batches: checked before the first row is given out, then streamed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.contracts.validate import Refusal
from ingest.doors.delimited import read_csv
from ingest.doors.files import Broken, LogFile, Row, check_gzip, open_log, read_jsonl, size_bytes
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.convert import compile_field
from ingest.doors.mapping.model import Mapping
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import ConversionError
from ingest.doors.refused import ImportRefused

BATCH_ROWS = 2000
BATCH_BYTES = 8 << 20
_FIRST_ROWS = 10


@dataclass(slots=True)
class Batch:
    """Some rows of one file."""

    file: Path
    items: list[dict[str, Any] | Refusal] = field(default_factory=list)
    """What to hand to delivery, in the file's order."""
    lines: list[int] = field(default_factory=list)
    """Where each of them begins."""
    size_bytes: int = 0
    position_bytes: int = 0
    """How much of the stored file was read by now."""


def rows(log: LogFile, mapping: Mapping) -> Iterator[Row | Broken]:
    """The rows of an opened file, read as the mapping says."""
    if mapping.format == "csv":
        return read_csv(log.path, log.stream, mapping.csv.delimiter, mapping.csv.encoding)
    return read_jsonl(log.stream)


def check_files(paths: Sequence[Path], mapping: Mapping) -> int:
    """See that every file can be read and begins as its mapping says; returns their stored size in bytes.

    Raises:
        ImportRefused: one does not, before anything of any is taken.
    """
    seen: dict[Path, Path] = {}
    for path in paths:
        check_gzip(path)
        with open_log(path) as log:
            _check_first(path, list(islice(rows(log, mapping), _FIRST_ROWS)), mapping)
        # The same file named twice would be counted as rows that happened twice.
        if (same := seen.setdefault(path.resolve(), path)) is not path:
            raise ImportRefused(f"{path} is the same file as {same}; name it once.")
    return sum(size_bytes(path) for path in paths)


def batches(paths: Sequence[Path], mapper: RowMapper) -> Iterator[Batch]:
    """The mapped rows of all files. No batch spans two of them."""
    for path in paths:
        with open_log(path) as log:
            batch = Batch(path)
            for row in rows(log, mapper.mapping):
                batch.items.append(mapper.event(str(path), row))
                batch.lines.append(row.line)
                batch.size_bytes += row.size_bytes
                if len(batch.items) >= BATCH_ROWS or batch.size_bytes >= BATCH_BYTES:
                    batch.position_bytes = log.position_bytes()
                    yield batch
                    batch = Batch(path)
            batch.position_bytes = log.position_bytes()
            yield batch


def _check_first(path: Path, first: list[Row | Broken], mapping: Mapping) -> None:
    good = [row.value for row in first if isinstance(row, Row)]
    if not first:
        raise ImportRefused(f"{path} has no rows; there is nothing to import.")
    if not good:
        line, reason = first[0].line, getattr(first[0], "reason", "")
        what = {"jsonl": "JSON Lines", "csv": "CSV"}[mapping.format]
        raise ImportRefused(f"{path} is not {what}, as the mapping {mapping.name!r} says: line {line} {reason}.")
    for wanted in _expected(mapping):
        if all(get(row, wanted) is None for row in good):
            found = ", ".join(list(good[0])[:8])
            raise ImportRefused(
                f"{path} is not what the mapping {mapping.name!r} describes: its first rows have no {wanted!r}, but "
                f"{found}; choose another mapping, or draft one with --guess."
            )
    _check_time(path, good, mapping)


def _expected(mapping: Mapping) -> list[str]:
    if mapping.expect is not None:
        return mapping.expect
    time = mapping.fields.get("occurred_at")
    return [time.from_] if time is not None and time.from_ is not None else []


def _check_time(path: Path, good: list[dict[str, Any]], mapping: Mapping) -> None:
    """A time that no first row has in the stated unit is the mapping's fault: better told once than of every row."""
    spec = mapping.fields.get("occurred_at")
    if spec is None:
        return
    time = compile_field(spec, "time")
    reason = ""
    for row in good:
        try:
            time(row)
        except ConversionError as error:
            reason = reason or str(error)
        else:
            return
    raise ImportRefused(f"{path} is not what the mapping {mapping.name!r} describes: in its first rows {reason}.")
