"""The embedded stand-in for Firehose's buffer: append, fsync, acknowledge.

A spool is a folder of segments. A segment belongs to the process that holds its file lock; without a lock it
is ready to be drained, whether its writer closed it or died. A frame is one acknowledged batch, its counts
included, so that what was booked and what was stored can never disagree.
"""

import errno
import fcntl
import os
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from ingest.delivery.clock import LakeClock
from ingest.delivery.durable import sync_folder
from ingest.delivery.outcome import Outcome

SUFFIX = ".seg"
RESERVE_BYTES = 128 << 20
"""No segment is begun with less space than this left on the disk. To empty the spool takes space first: up to 16 MiB of
segments lie there as Parquet too until the ledger knows of it, and a segment that is open may still grow by 30 MiB.
"""
_MAGIC = b"PLK1"
_HEAD = struct.Struct("<4sIQI")  # magic, header bytes, body bytes, crc32 of header and body


@dataclass(frozen=True, slots=True)
class Frame:
    """One acknowledged batch."""

    door: str
    received_at_us: int
    counts: dict[str, dict[str, int]]
    """``received``, ``quarantined``, ``dropped``: events by type; ``refused_requests`` by code."""
    parts: list[tuple[str, int, memoryview]]
    """Bronze table, rows, and the rows as newline-ended JSON."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a segment that are no whole frame: a write that a crash cut short and nobody was answered for, or what
    a failing disk made of a frame.
    """

    offset: int
    data: memoryview


class SpoolWriter:
    """Appends batches to a segment of its own. Not thread-safe: one writer an event loop or process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._clock = folder, LakeClock(folder)
        self._file: FileIO | None = None
        self.opened_at = 0.0
        self.bytes_written = 0

    def now_us(self) -> int:
        """The lake's time, later than that of any batch before.

        Raises:
            OSError: the folder is read-only.
        """
        return self._clock.tick_us()

    def append(self, door: str, outcome: Outcome, refused_requests: dict[str, int] | None = None) -> int:
        """Write one batch and return its arrival time (µs since 1970) once it is on disk.

        Raises:
            OSError: the disk is full or the folder read-only; nothing of the batch stays.
        """
        file = self._file or self._open()
        # Asked for once the segment can be seen: a drain that looked before it was there has an earlier time.
        arrived_us = self._clock.tick_us()
        bodies = [b"\n".join(rows) + b"\n" for rows in outcome.rows.values()]
        header = orjson.dumps(
            {
                "door": door,
                "received_at_us": arrived_us,
                "counts": {
                    "received": outcome.received,
                    "quarantined": outcome.quarantined,
                    "dropped": outcome.dropped,
                    "refused_requests": refused_requests or {},
                },
                "parts": [
                    [table, len(rows), len(body)]
                    for (table, rows), body in zip(outcome.rows.items(), bodies, strict=True)
                ],
            }
        )
        crc = zlib.crc32(header)
        for body in bodies:
            crc = zlib.crc32(body, crc)
        size = sum(map(len, bodies))
        frame = b"".join((_HEAD.pack(_MAGIC, len(header), size, crc), header, *bodies))
        start = file.tell()
        try:
            rest = memoryview(frame)
            while rest:  # an almost full disk takes a part and says so only in the count
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            self._cut_back(file, start)
            raise
        self.bytes_written += len(frame)
        return arrived_us

    @property
    def is_open(self) -> bool:
        """Whether a segment holds what no drain can take yet."""
        return self._file is not None

    @property
    def clock_behind_us(self) -> int:
        """How far the machine's clock stood behind the lake's when the last batch was written."""
        return self._clock.behind_us

    def roll(self) -> None:
        """Close the segment, so that a drain may take it."""
        if self._file is not None:
            self._file.close()  # releases the lock
            self._file = None

    def _open(self) -> FileIO:
        _check_room(self._folder)
        name = f"{self._clock.tick_us() * 1000:020d}-{os.getpid()}"  # see `opened_at_us`
        hidden = self._folder / f".{name}"
        file = FileIO(hidden, "x")
        fcntl.flock(file, fcntl.LOCK_EX)
        # Locked before it gets the name that a drain looks for.
        hidden.rename(self._folder / f"{name}{SUFFIX}")
        sync_folder(self._folder)
        self._file = file
        self.opened_at = time.monotonic()
        self.bytes_written = 0
        return file

    def _cut_back(self, file: FileIO, start: int) -> None:
        os.ftruncate(file.fileno(), start)
        file.seek(start)


def opened_at_us(segment: Path) -> int:
    """When a segment was begun: nothing in it arrived before."""
    return int(segment.name.partition("-")[0]) // 1000


def waiting_bytes(folder: Path) -> int:
    """Size of all segments of a spool; others may come and go meanwhile."""
    size = 0
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def read_segment(path: Path) -> Iterator[Frame | Gap]:
    """All of a segment, in order: every frame that is whole, and the gaps between them."""
    content = path.read_bytes()
    data = memoryview(content)
    offset = 0
    while offset < len(data):
        start, found = offset, _frame_at(data, offset)
        while found is None and offset < len(data):
            # A frame inside another's bytes can't be mistaken for one: they are JSON, in which the zero bytes that the
            # sizes of a frame begin with never occur.
            next_magic = content.find(_MAGIC, offset + 1)
            offset = len(data) if next_magic < 0 else next_magic
            found = _frame_at(data, offset)
        if offset > start:
            yield Gap(start, data[start:offset])
        if found is not None:
            frame, offset = found
            yield frame


def _frame_at(data: memoryview, offset: int) -> tuple[Frame, int] | None:
    """The frame that begins here, and where it ends."""
    start = offset + _HEAD.size
    if start > len(data):
        return None
    magic, header_bytes, body_bytes, crc = _HEAD.unpack(data[offset:start])
    end = start + header_bytes + body_bytes
    if magic != _MAGIC or end > len(data) or zlib.crc32(data[start:end]) != crc:
        return None
    header: dict[str, Any] = orjson.loads(data[start : start + header_bytes])
    parts, position = [], start + header_bytes
    for table, rows, size in header["parts"]:
        parts.append((table, rows, data[position : position + size]))
        position += size
    return Frame(header["door"], header["received_at_us"], header["counts"], parts), end


def _check_room(folder: Path) -> None:
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < RESERVE_BYTES:
        raise OSError(errno.ENOSPC, f"less than {RESERVE_BYTES >> 20} MiB are free on the disk", str(folder))
