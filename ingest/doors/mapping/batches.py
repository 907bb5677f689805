"""Files through a mapping, in batches: checked before the first row is given out, then streamed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.doors.files import Broken, Row, Skipped, check_gzip, open_log, size_bytes
from ingest.doors.mapping.apply import RowMapper
from ingest.doors.mapping.elements import is_of_element
from ingest.doors.mapping.field_spec import places_of
from ingest.doors.mapping.fields import compile_field
from ingest.doors.mapping.model import Mapping
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.readers import FORMATS, read_rows
from ingest.doors.mapping.rule import Placed
from ingest.doors.mapping.times import ConversionError
from ingest.doors.refused import ImportRefused

BATCH_ROWS = 2000
BATCH_BYTES = 8 << 20
_FIRST_ROWS = 10


@dataclass(slots=True)
class Batch:
    """What some rows of one file became."""

    file: Path
    placed: list[Placed] = field(default_factory=list)
    """What to hand to delivery, in the file's order, each with its place."""
    rows: int = 0
    passed_over: int = 0
    """How many of the rows became nothing, as the mapping says."""
    size_bytes: int = 0
    position_bytes: int = 0
    """How much of the stored file was read by now."""

    def take(self, row: Row | Broken | Skipped, placed: list[Placed]) -> None:
        """Add what one row became."""
        self.placed += placed
        self.rows += 1
        self.passed_over += not placed
        self.size_bytes += row.size_bytes

    def is_full(self) -> bool:
        """Whether it is time to hand it over."""
        return len(self.placed) >= BATCH_ROWS or self.size_bytes >= BATCH_BYTES


def check_files(paths: Sequence[Path], mapping: Mapping) -> int:
    """See that every file can be read and begins as its mapping says; returns their stored size in bytes.

    Raises:
        ImportRefused: one does not, before anything of any is taken.
    """
    seen: dict[Path, Path] = {}
    for path in paths:
        check_gzip(path)
        with open_log(path) as log:
            _check_first(path, _first(read_rows(path, log.stream, mapping), mapping), mapping)
        # The same file named twice would be counted as rows that happened twice.
        if (same := seen.setdefault(path.resolve(), path)) is not path:
            raise ImportRefused(f"{path} is the same file as {same}; name it once.")
    return sum(size_bytes(path) for path in paths)


def batches(paths: Sequence[Path], mapper: RowMapper) -> Iterator[Batch]:
    """The mapped rows of all files. No batch spans two of them."""
    for path in paths:
        with open_log(path) as log:
            batch = Batch(path)
            for row in read_rows(path, log.stream, mapper.mapping):
                batch.take(row, mapper.items(str(path), row))
                if batch.is_full():
                    batch.position_bytes = log.position_bytes()
                    yield batch
                    batch = Batch(path)
            batch.position_bytes = log.position_bytes()
            yield batch


def _first(rows: Iterator[Row | Broken | Skipped], mapping: Mapping) -> list[Row | Broken]:
    first: list[Row | Broken] = []
    for row in rows:
        if not isinstance(row, Skipped) and len(first) < _FIRST_ROWS:
            first.append(row)
        # Where a document breaks off, all that was before it is in doubt: so it is read to its end.
        if len(first) == _FIRST_ROWS and mapping.format != "json":
            break
    return first


def _check_first(path: Path, first: list[Row | Broken], mapping: Mapping) -> None:
    good = [row.value for row in first if isinstance(row, Row)]
    if not first:
        raise ImportRefused(f"{path} has no rows; there is nothing to import.")
    if not good:
        line, reason = first[0].line, getattr(first[0], "reason", "")
        raise ImportRefused(
            f"{path} is not {FORMATS[mapping.format]}, as the mapping {mapping.name!r} says: line {line} {reason}."
        )
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
    if time is None or time.from_ is None or time.or_ is not None or is_of_element(time.from_):
        return []
    return [time.from_]


def _check_time(path: Path, good: list[dict[str, Any]], mapping: Mapping) -> None:
    """A time that no first row has in the stated unit is the mapping's fault: better told once than of every row."""
    spec = mapping.fields.get("occurred_at")
    if spec is None or any(is_of_element(place) for place in places_of(spec)):
        return
    time = compile_field(spec, "time", mapping.csv.decimal)
    reason = ""
    for row in good:
        try:
            time(row)
        except ConversionError as error:
            reason = reason or str(error)
        else:
            return
    raise ImportRefused(f"{path} is not what the mapping {mapping.name!r} describes: in its first rows {reason}.")
