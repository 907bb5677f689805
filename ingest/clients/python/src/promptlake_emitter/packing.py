"""Many events into few records: Firehose bills each record as at least 5 KB."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

RECORD_MAX_EVENTS = 50_000
"""Of the smallest events more would fit a request by size than a door takes in one."""


class Limits(NamedTuple):
    """What a service takes."""

    record_bytes: int
    """Records are filled up to here."""
    request_records: int
    request_bytes: int
    event_max_bytes: int
    """A longer event, newline included, can never be taken."""


class Row(NamedTuple):
    """One encoded event, and the group whose records it may share."""

    group: str
    data: bytes


class Parcel(NamedTuple):
    """One record: it is taken, or fails, as a whole."""

    group: str
    data: bytes
    rows: Sequence[Row]


def pack(rows: Iterable[Row], limits: Limits) -> Iterator[list[Parcel]]:
    """Requests of records of newline-ended JSON, one group in each, in the order of their events."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    for group, members in groups.items():
        yield from _requests(_records(group, members, limits.record_bytes), limits)


def _records(group: str, rows: list[Row], limit_bytes: int) -> Iterator[Parcel]:
    first = size = 0
    for index, row in enumerate(rows):
        added = len(row.data) + 1
        if index > first and (size + added > limit_bytes or index - first == RECORD_MAX_EVENTS):
            yield _record(group, rows[first:index])
            first, size = index, 0
        size += added
    yield _record(group, rows[first:])


def _record(group: str, rows: list[Row]) -> Parcel:
    return Parcel(group, b"\n".join([*(row.data for row in rows), b""]), rows)


def _requests(records: Iterable[Parcel], limits: Limits) -> Iterator[list[Parcel]]:
    request: list[Parcel] = []
    size = 0
    for record in records:
        is_full = size + len(record.data) > limits.request_bytes or len(request) == limits.request_records
        if request and is_full:
            yield request
            request, size = [], 0
        request.append(record)
        size += len(record.data)
    if request:
        yield request
