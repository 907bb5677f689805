"""What delivery has done since the last build: new objects of bronze, and counts at the doors.

Firehose puts an object into the hour in which its first record came, which may have passed long ago, and tells nobody.
So the bucket is listed: from a few hours before the last listing, and once a day from the beginning.
"""

from datetime import UTC, datetime, timedelta

from infra.aws.lake.bronze import BucketBronze
from infra.aws.lake.lake import AwsLake
from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.objects import DELIVERED_WITHIN
from ingest.contracts import layout
from ingest.contracts.instants import from_us, to_us
from ingest.contracts.registry import EVENTS
from ingest.delivery.dynamo_books import DynamoBooks

LISTED = "bronze_listed_us"
"""Ledger fact: when bronze was listed last."""
LISTED_WHOLE = "bronze_listed_whole_us"
"""Ledger fact: when all of bronze was."""
COMPLETE = "complete_through_us"
"""Ledger fact: what was told as complete."""

MARGIN = timedelta(hours=3)
WHOLE_EVERY = timedelta(hours=23)
"""A little less than the time between the first builds of two days."""

_COUNTERS_AT_ONCE = 90
"""In one transaction, which DynamoDB lets have 100 parts."""


def receive(lake: AwsLake) -> int:
    """Take in what delivery has done. The caller holds the build lock.

    Returns:
        The time in µs since 1970 up to which all that was received is in bronze.
    """
    # Counts first, so that what is counted while bronze is listed waits for the next build, as its events do.
    collect(lake.books, lake.ledger)
    return discover(lake.bronze, lake.ledger, datetime.now(UTC))


def discover(bronze: BucketBronze, ledger: DynamoLedger, now: datetime) -> int:
    """Register new objects; returns as ``receive``."""
    since = _since(ledger, now)
    for event_type in EVENTS:
        after = layout.bronze_hour(event_type, f"{since:{layout.HOUR_FORMAT}}") if since else ""
        ledger.add(bronze.unknown(event_type, after))
    _remember(ledger, now, is_whole=since is None)
    through_us = max(to_us(now - DELIVERED_WITHIN), int(ledger.fact(COMPLETE) or 0))
    ledger.set_fact(COMPLETE, str(through_us))
    return through_us


def _since(ledger: DynamoLedger, now: datetime) -> datetime | None:
    """From when on bronze is to be listed; None is from the beginning."""
    last, whole = ledger.fact(LISTED), ledger.fact(LISTED_WHOLE)
    if last is None or whole is None or now - from_us(int(whole)) >= WHOLE_EVERY:
        return None
    return from_us(int(last)) - MARGIN


def _remember(ledger: DynamoLedger, now: datetime, *, is_whole: bool) -> None:
    for name in (LISTED, LISTED_WHOLE) if is_whole else (LISTED,):
        ledger.set_fact(name, str(to_us(now)))


def collect(books: DynamoBooks, ledger: DynamoLedger) -> None:
    """Book what was counted at the doors. A counter that counts at this very moment is left to the next build."""
    counters = list(books.counted())
    for start in range(0, len(counters), _COUNTERS_AT_ONCE):
        some = counters[start : start + _COUNTERS_AT_ONCE]
        while some:
            moved = ledger.book(
                [booking for bookings, _ in some for booking in bookings], [strike for _, strike in some]
            )
            some = [one for one, has_moved in zip(some, moved, strict=True) if not has_moved]
