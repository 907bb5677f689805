"""The first rows of a file never seen, and what is in each of its places."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from ingest.doors.delimited import read_csv
from ingest.doors.document import read_json
from ingest.doors.files import Broken, Row, Skipped, open_log, read_jsonl
from ingest.doors.mapping.convert import EMPTY
from ingest.doors.refused import ImportRefused

SAMPLE_ROWS = 20_000
SAMPLE_BYTES = 32 << 20
_DELIMITERS = (",", "\t", ";", "|")


@dataclass(slots=True)
class Place:
    """One place in the rows that holds plain values, by its path."""

    path: str
    values: list[Any] = field(default_factory=list)
    """What is there, where anything is."""

    def names(self) -> list[str]:
        """What the place may be called: its last name, and that with the one above it."""
        parts = [_snake(part) for part in self.path.split(".") if not part.isdecimal()] or [self.path]
        return [parts[-1], "_".join(parts[-2:])]

    def distinct(self) -> set[Any]:
        return set(self.values)


@dataclass(slots=True)
class Sample:
    """What a draft is made from."""

    path: Path
    format: str
    delimiter: str
    encoding: str
    read: list[Row]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is in them."""
        return [row.value for row in self.read]


def take_sample(path: Path) -> Sample:
    """The first rows of a file.

    Raises:
        ImportRefused: it can't be read, or is neither JSON nor CSV.
    """
    with open_log(path) as log:
        # `open_log` has made sure that there is more than blanks.
        first = next(line for line in log.stream if line.strip(b"\xef\xbb\xbf \t\r\n"))
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"[":
        return _document(path)
    if start == b"{":
        rows = _rows(path, read_jsonl)
        return Sample(path, "jsonl", "", "utf-8", rows) if rows else _document(path)
    return _csv(path, first)


def _document(path: Path) -> Sample:
    rows = _rows(path, lambda stream: read_json(path, stream))
    if not rows:
        raise ImportRefused(f"{path} is a JSON document without an object in it; there is nothing to guess from.")
    return Sample(path, "json", "", "utf-8", rows)


def _csv(path: Path, first: bytes) -> Sample:
    counts = {delimiter: first.count(delimiter.encode()) for delimiter in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda d: counts[d])
    if not counts[delimiter]:
        raise ImportRefused(
            f"{path} is neither JSON nor CSV; its first line holds no {{ and no , ; | or tab. For a plain-text log "
            "write a mapping with `format: lines` (docs/mappings.md)."
        )
    encoding = "utf-8" if _is_utf8(path) else "cp1252"
    rows = _rows(path, lambda stream: read_csv(path, stream, delimiter, encoding))
    if not rows:
        raise ImportRefused(f"{path} has no row below its header that could be read; there is nothing to guess from.")
    return Sample(path, "csv", delimiter, encoding, rows)


def _is_utf8(path: Path) -> bool:
    with open_log(path) as log:
        # The last line of the sample may be cut within a character.
        start = log.stream.read(SAMPLE_BYTES).rpartition(b"\n")[0]
    try:
        start.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rows(path: Path, read: Callable[[BinaryIO], Iterator[Row | Broken | Skipped]]) -> list[Row]:
    with open_log(path) as log:
        taken: list[Row] = []
        size = 0
        for row in islice(read(log.stream), SAMPLE_ROWS):
            size += row.size_bytes
            if isinstance(row, Row):
                taken.append(row)
            if size > SAMPLE_BYTES:
                break
        return taken


def places(rows: list[dict[str, Any]]) -> dict[str, Place]:
    """Every place that holds plain values, in the order of its first appearance."""
    found: dict[str, Place] = {}
    for row in rows:
        _collect(row, "", found, 0)
    return found


def _collect(value: Any, path: str, found: dict[str, Place], depth: int) -> None:
    if isinstance(value, dict) and depth < 6:
        for key, child in value.items():
            _collect(child, f"{path}.{key}" if path else str(key), found, depth + 1)
    elif isinstance(value, list):
        if value and isinstance(value[0], dict) and depth < 6:
            _collect(value[0], f"{path}.0", found, depth + 1)
    elif value not in EMPTY and path:
        found.setdefault(path, Place(path)).values.append(value)


def _snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
