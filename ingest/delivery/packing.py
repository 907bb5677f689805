"""Many events into few records: Firehose bills each record as at least 5 KB."""

from collections.abc import Iterable, Iterator, Sequence

RECORD_MAX_BYTES = 1_000 << 10
"""What Firehose takes in one record."""

ROW_MAX_BYTES = RECORD_MAX_BYTES - 1024
"""A row may be this long, in either wiring; what delivery adds to it comes on top."""

REQUEST_MAX_RECORDS = 500
REQUEST_MAX_BYTES = 4 << 20
"""What Firehose takes in one ``PutRecordBatch``."""


def pack(rows: Iterable[bytes], limit_bytes: int = RECORD_MAX_BYTES) -> Iterator[bytes]:
    """Records of newline-ended JSON rows, in their order. No row is longer than ``ROW_MAX_BYTES``."""
    record: list[bytes] = []
    size = 0
    for row in rows:
        if record and size + len(row) + 1 > limit_bytes:
            yield b"".join(record)
            record, size = [], 0
        record += (row, b"\n")
        size += len(row) + 1
    if record:
        yield b"".join(record)


def requests(records: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    """Records as they fit into requests, in their order."""
    request: list[bytes] = []
    size = 0
    for record in records:
        if request and (size + len(record) > REQUEST_MAX_BYTES or len(request) == REQUEST_MAX_RECORDS):
            yield request
            request, size = [], 0
        request.append(record)
        size += len(record)
    if request:
        yield request
