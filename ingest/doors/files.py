"""Log files as a stream of rows with line numbers, never whole in memory.

What is wrong with a file is told before its first row (`ImportRefused`); what is wrong with a line becomes a
`Broken` in its place, so that the good lines beside it are taken.
"""

import gzip
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from ingest.doors.refused import ImportRefused

LINE_MAX_BYTES = 10 << 20
"""No honest log line is longer; a longer one is a file without line ends."""

NOT_UTF8 = "is not UTF-8; convert the file with `iconv -t UTF-8`"
"""Goes on where a sentence began with the place."""

_PAYLOAD_CHARS = 65_536
_HEAD_BYTES = 8192
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_FORMATS = {
    b"PAR1": "a Parquet file; export it as CSV or JSON Lines",
    b"PK\x03\x04": "a zip archive; unpack it",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it with `zstd -d`",
    b"BZh": "compressed with bzip2; unpack it with `bunzip2`",
    b"\xfd7zXZ": "compressed with xz; unpack it with `unxz`",
    b"\xff\xfe": "UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`",
    b"\xfe\xff": "UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One decoded row, and the line it begins at (from 1)."""

    line: int
    value: dict[str, Any]
    size_bytes: int
    element: int = 0
    """Which one (from 1) of a JSON array, many of which may stand on one line."""

    def place(self, file: str) -> str:
        """How a sentence about the row begins."""
        return _place(file, self.line, self.element)


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no row. ``reason`` continues a sentence that began with the place."""

    line: int
    reason: str
    payload: str
    size_bytes: int
    element: int = 0

    def place(self, file: str) -> str:
        """How a sentence about the line begins."""
        return _place(file, self.line, self.element)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that is passed over because whoever reads the log said so."""

    line: int
    size_bytes: int


def _place(file: str, line: int, element: int) -> str:
    return f"{file}:{line} (element {element})" if element else f"{file}:{line}"


class LogFile:
    """An opened file: unpacked bytes to read, and how far the stored ones were read."""

    def __init__(self, path: Path, raw: BinaryIO, stream: BinaryIO) -> None:
        self.path, self.stream = path, stream
        self._raw = raw

    def position_bytes(self) -> int:
        """Bytes of the stored file read so far, for a progress bar."""
        return self._raw.tell()


@contextmanager
def open_log(path: Path) -> Iterator[LogFile]:
    """Open a plain or gzip file.

    Raises:
        ImportRefused: it is missing, not a regular file, unreadable, empty, binary or UTF-16.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise ImportRefused(f"{path} is {kind}; name the log files themselves.")
        with path.open("rb") as raw:
            packed = raw.peek(2).startswith(_GZIP)
            # Buffered once more, because a gzip stream hands out lines slowly and can't be peeked into.
            stream = BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
            _check_head(path, _head(stream))
            yield LogFile(path, raw, cast(BinaryIO, stream))
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no file {path}; check the name.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ImportRefused(f"{path} is a gzip file that is cut short or damaged; fetch it again.") from error
    except OSError as error:
        raise ImportRefused(f"{path} can't be read: {error.strerror or error}.") from error


def check_gzip(path: Path) -> None:
    """Unpack a gzip file once to its end, so that a truncated one is told before anything of it is stored.

    Raises:
        ImportRefused: with the number of whole lines that are there.
    """
    lines = 0
    with open_log(path) as log:
        if not isinstance(log.stream, BufferedReader) or not isinstance(log.stream.raw, gzip.GzipFile):
            return
        try:
            while chunk := log.stream.read(1 << 20):
                lines += chunk.count(b"\n")
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ImportRefused(
                f"{path} is a gzip file that is cut short or damaged after about {lines:,} lines; fetch it again, or "
                f"unpack what is there with `gzip -dc` and import that."
            ) from error


def _head(stream: Any) -> bytes:
    head: bytes = stream.peek(_HEAD_BYTES)
    return head[:_HEAD_BYTES]


def _check_head(path: Path, head: bytes) -> None:
    if not head.strip(b"\r\n\t \xef\xbb\xbf"):
        raise ImportRefused(f"{path} is empty; there is nothing to import.")
    for magic, what in _FORMATS.items():
        if head.startswith(magic):
            raise ImportRefused(f"{path} is {what} first.")
    if b"\0" in head:
        raise ImportRefused(f"{path} is binary; only JSON, CSV and lines of text can be imported.")


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Line number (from 1) and the line without its end; ``None`` for a line that is too long."""
    number = 0
    while line := stream.readline(LINE_MAX_BYTES + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) > LINE_MAX_BYTES:
            while not line.endswith(b"\n") and (line := stream.readline(1 << 20)):
                pass
            yield number, None
        else:
            yield number, line.rstrip(b"\r\n")


def too_long(line: int) -> Broken:
    """The refusal of a line over the limit; none of it is kept."""
    limit = LINE_MAX_BYTES >> 20
    return Broken(line, f"is longer than {limit} MiB; split it, or check the file's line ends", "", 0)


def broken(line: int, reason: str, raw: bytes, element: int = 0) -> Broken:
    """The refusal of a line that could be read but not decoded."""
    return Broken(line, reason, raw[:_PAYLOAD_CHARS].decode("utf-8", "backslashreplace"), len(raw), element)


def read_jsonl(stream: BinaryIO, skip: re.Pattern[bytes] | None = None) -> Iterator[Row | Broken | Skipped]:
    """One JSON object a line; blank lines are passed over, and lines in which ``skip`` is found."""
    for number, line in lines(stream):
        if line is None:
            yield too_long(number)
        elif skip is not None and skip.search(line):
            yield Skipped(number, len(line))
        elif line.strip():
            yield json_row(number, line)


def json_row(number: int, line: bytes, element: int = 0) -> Row | Broken:
    """One decoded JSON object."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        reason = f"is not JSON ({error.msg}, column {error.colno}); repair or remove it"
        return broken(number, reason if is_utf8(line) else NOT_UTF8, line, element)
    if not isinstance(value, dict):
        return broken(number, "is JSON but not an object; each row must be one {…}", line, element)
    return Row(number, value, len(line), element)


def is_utf8(raw: bytes) -> bool:
    """Whether bytes can be decoded as what every log is written in today."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def size_bytes(path: Path) -> int:
    """Stored size, for a progress bar."""
    return path.stat().st_size
