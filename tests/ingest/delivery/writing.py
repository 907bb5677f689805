"""Processes that write to a lake, for tests that kill, starve or race them: ``python writing.py WAY LAKE …``.

Each line on stdout names what was acknowledged by then; the test keeps that record outside the lake.
"""

import os
import resource
import sys
from itertools import count
from pathlib import Path

from infra.local.lake import Lake, open_lake
from ingest.delivery.spool import SpoolWriter
from tests.ingest.delivery.spooled import append


def tell(ids: list[str]) -> None:
    os.write(1, (" ".join(ids) + "\n").encode())


def batch_ids(prefix: str, number: int) -> list[str]:
    return [f"{prefix}.{number}.{n}" for n in range(1 + number % 7)]


def endless(lake: Lake, prefix: str) -> None:
    """Write until killed, in segments of several batches."""
    writer = lake.spool_writer()
    for number in count():
        ids = batch_ids(prefix, number)
        append(writer, *ids)
        tell(ids)
        if number % 10 == 9:
            writer.roll()


def some(lake: Lake, prefix: str, batches: str) -> None:
    """Write so many batches, draining now and then."""
    writer = lake.spool_writer()
    for number in range(int(batches)):
        ids = batch_ids(prefix, number)
        append(writer, *ids)
        tell(ids)
        if number % 5 == 4:
            writer.roll()
        if number % 20 == 19:
            lake.drain()
    writer.roll()


def starved(lake: Lake, prefix: str, limit_bytes: str) -> None:
    """Write until the system takes no more bytes, then go on once it does."""
    writer = lake.spool_writer()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit_bytes), hard))
    failures = 0
    for number in count():
        ids = batch_ids(prefix, number)
        if not _try(writer, ids):
            failures += 1
            if failures == 3:
                break
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    if not _try(writer, [f"{prefix}.after"]):
        sys.exit("the append after the limit was lifted failed")
    writer.roll()


def _try(writer: SpoolWriter, ids: list[str]) -> bool:
    try:
        append(writer, *ids)
    except OSError:
        return False
    tell(ids)
    return True


if __name__ == "__main__":
    way, root, *words = sys.argv[1:]
    {"endless": endless, "some": some, "starved": starved}[way](open_lake(Path(root)), *words)
