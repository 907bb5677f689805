"""CSV as a stream of rows: strict about quotes and field counts, and one bad row costs no other."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ingest.doors.files import LINE_MAX_BYTES, Broken, Row, broken, lines, too_long
from ingest.doors.refused import ImportRefused

_RECORD_MAX_LINES = 1000
"""A quoted field over more lines than this is a quote that nobody closed."""


@dataclass(slots=True)
class _Lines:
    """Decoded lines that can be handed back."""

    source: Iterator[tuple[int, bytes | None]]
    encoding: str
    returned: deque[tuple[int, str | Broken]] = field(default_factory=deque)

    def next(self) -> tuple[int, str | Broken] | None:
        if self.returned:
            return self.returned.popleft()
        for number, raw in self.source:
            if raw is None:
                return number, too_long(number)
            try:
                return number, raw.decode(self.encoding)
            except UnicodeDecodeError:
                reason = (
                    f"is not {self.encoding}; name its encoding in the mapping, such as `csv: {{encoding: cp1252}}`"
                )
                return number, broken(number, reason, raw)
        return None


def read_csv(
    path: Path, stream: BinaryIO, delimiter: str, encoding: str, *, repeated: bool = False
) -> Iterator[Row | Broken]:
    """Rows as ``{column: text}``. The first line names the columns; blank lines are passed over.

    Args:
        path: for errors.
        stream: unpacked bytes.
        delimiter: one character.
        encoding: one that extends ASCII.
        repeated: columns may share a name; then what they hold is a list under it.

    Raises:
        ImportRefused: the first line can't be a header.
    """
    # The module's limit of 128 KiB is for all of the process; a prompt in a field is easily longer.
    csv.field_size_limit(LINE_MAX_BYTES)
    source = _Lines(lines(stream), encoding)
    header: list[str] | None = None
    while (following := source.next()) is not None:
        number, text = following
        if isinstance(text, str) and not text.strip():
            continue
        fields = text if isinstance(text, Broken) else _record(source, number, text, delimiter)
        if header is None:
            header = _header(path, fields, repeated)
        elif isinstance(fields, Broken):
            yield fields
        elif len(fields) != len(header):
            reason = f"has {len(fields)} fields, but the header {len(header)}; repair the row or its quotes"
            yield broken(number, reason, delimiter.join(fields).encode("utf-8", "replace"))
        else:
            values = _gathered(header, fields) if repeated else dict(zip(header, fields, strict=True))
            yield Row(number, values, sum(map(len, fields)) + len(fields))


def _gathered(header: list[str], fields: list[str]) -> dict[str, Any]:
    """A row whose columns of one name are one list, without the empty ones."""
    values: dict[str, Any] = {}
    for name, value in zip(header, fields, strict=True):
        if header.count(name) == 1:
            values[name] = value
        else:
            values.setdefault(name, []).extend([value] if value else [])
    return values


def _header(path: Path, fields: list[str] | Broken, repeated: bool) -> list[str]:
    if isinstance(fields, Broken):
        raise ImportRefused(
            f"{path} is not CSV whose first line names the columns: line {fields.line} {fields.reason}."
        )
    names = [name.strip() or f"column_{i}" for i, name in enumerate(fields, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None and not repeated:
        raise ImportRefused(
            f"{path}:1 names the column {twice!r} twice; rename one of them, or say `csv: {{repeated: list}}`."
        )
    return names


def _record(source: _Lines, number: int, first: str, delimiter: str) -> list[str] | Broken:
    """The fields of the record that begins with `first`; further lines are taken while a quote is open."""
    if '"' not in first:
        return first.split(delimiter)
    taken: list[tuple[int, str | Broken]] = []

    def feed() -> Iterator[str]:
        yield first + "\n"
        size = len(first)
        while len(taken) < _RECORD_MAX_LINES and size < LINE_MAX_BYTES and (following := source.next()) is not None:
            taken.append(following)
            if isinstance(following[1], Broken):
                return
            size += len(following[1])
            yield following[1] + "\n"

    try:
        return next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        # Only the line with the fault is lost: what was taken while looking for the closing quote goes back.
        source.returned.extendleft(reversed(taken))
        return broken(number, f"has broken quotes ({error}); repair the row", first.encode("utf-8", "replace"))
