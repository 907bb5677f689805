"""How events travel: batches, requests and records, and how often they make something run."""

from dataclasses import dataclass
from decimal import Decimal

from infra.aws.costs.assumptions import Given
from infra.aws.costs.usage import SECONDS, Scenario


@dataclass(frozen=True)
class Traffic:
    """A month of it."""

    processes: Decimal
    requests: Decimal
    """To the HTTP API; none where applications put records themselves."""
    events_per_request: Decimal
    records_per_request: Decimal
    records: Decimal
    """Into Firehose."""
    record_bytes: Decimal
    transforms: Decimal
    """Invocations of the transform."""
    objects: Decimal
    """Of bronze."""


def traffic(month: Scenario, given: Given) -> Traffic:
    """A batch is what a process emits while it lingers; each event type in it fills a record of its own."""
    events, one, none = month.events, Decimal(1), Decimal(0)
    is_direct = month.door == "direct"
    per_s = events / SECONDS
    processes = max(given.processes_at_least, per_s / given.events_per_process_per_s) if events else none
    batch = max(one, per_s / processes * given.linger_s) if month.is_packed and events else one
    row_bytes = given.event_bytes + given.row_more_bytes
    event_bytes = given.event_bytes if is_direct else row_bytes
    per_record = max(one, min(batch / given.types_per_process, given.record_max_bytes / event_bytes))
    records = events / per_record
    # One event alone is not worth compressing.
    share = given.record_size_share if is_direct and per_record > one else one
    fills = events * event_bytes * share / given.transform_buffer_bytes
    bronze_fills = events * row_bytes / given.delivery_buffer_bytes
    return Traffic(
        processes=processes,
        requests=none if is_direct else events / batch,
        events_per_request=batch,
        records_per_request=batch / per_record,
        records=records,
        record_bytes=per_record * event_bytes * share,
        transforms=_flushes(fills, records, given.types_in_use, given.transform_interval_s),
        objects=_flushes(bronze_fills, records, given.types_in_use, given.delivery_interval_s),
    )


def _flushes(fills: Decimal, records: Decimal, streams: Decimal, interval_s: Decimal) -> Decimal:
    """A stream's buffer is emptied when it is full, or after an interval if anything is in it."""
    return max(fills, min(records, streams * SECONDS / interval_s))
