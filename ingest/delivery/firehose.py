"""Delivery in AWS: each bronze table has a Firehose stream, whose records are finished rows."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.instants import to_us
from ingest.delivery.outcome import Outcome
from ingest.delivery.packing import pack, requests
from ingest.delivery.unavailable import Unavailable

ATTEMPTS = 5
_FIRST_WAIT_S = 0.1

Counts = Mapping[str, Mapping[str, int]]
"""Of each kind (received, quarantined, …) how many by event type or reason."""


class Books(Protocol):
    """Where counts are kept."""

    def measure(self, door: str, counts: Counts) -> None:
        """Show counts to whoever watches."""

    def book(self, door: str, at: datetime, counts: Counts) -> None:
        """The same, and keep them for reconciliation; raise ``Unavailable`` if that can't be."""


class Firehose(Protocol):
    """The part of boto3's client that we call."""

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Sequence[Any]) -> dict[str, Any]: ...  # noqa: N803


class FirehoseSink:
    """Delivers outcomes to the streams ``<prefix><table>``.

    Args:
        client: boto3's Firehose client.
        prefix: what the stage's stream names begin with.
        books: keeps counts. Rows are measured only: the transform books them when they pass it.
        now: gives the arrival time, aware.
        wait: sleeps for some seconds.
    """

    def __init__(
        self,
        client: Firehose,
        prefix: str,
        books: Books,
        now: Callable[[], datetime],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._prefix, self._books, self._now, self._wait = client, prefix, books, now, wait

    def deliver(self, door: str, outcome: Outcome) -> None:
        """Return once Firehose has taken every row.

        Raises:
            Unavailable: it has not, however often it was asked. What it took comes again when the client repeats, and
                is then a duplicate.
        """
        now = self._now()
        added = orjson.dumps({"received_at_us": to_us(now), "door": door})[1:]
        for table, rows in outcome.rows.items():
            self.put(table, (row[:-1] + b"," + added for row in rows))
            # Table by table: if the next one fails, this one's rows stand, and come again as duplicates.
            if table == QUARANTINE_TABLE:
                refused = outcome.quarantined
                self._books.book(door, now, {"received": refused, "quarantined": refused})
            else:
                self._books.measure(door, {"received": {table: len(rows)}})
        if outcome.dropped:
            self._books.book(door, now, {"received": outcome.dropped, "dropped": outcome.dropped})

    def put(self, table: str, rows: Iterable[bytes]) -> None:
        """Return once Firehose has taken every finished row of one table; books nothing.

        Raises:
            Unavailable: it has not, however often it was asked.
        """
        for records in requests(pack(rows)):
            self._put(self._prefix + table, records)

    def refuse(self, door: str, code: str) -> None:
        """Book a request in which no event could be told apart."""
        self._books.book(door, self._now(), {"refused_requests": {code: 1}})

    def _put(self, stream: str, records: Sequence[bytes]) -> None:
        for attempt in range(ATTEMPTS):
            if attempt:
                self._wait(_FIRST_WAIT_S * 2**attempt)
            answer = self._ask(stream, records)
            if not answer["FailedPutCount"]:
                return
            answers = zip(records, answer["RequestResponses"], strict=True)
            records = [record for record, response in answers if "ErrorCode" in response]
        raise Unavailable(f"Firehose refused {len(records)} records for {stream} {ATTEMPTS} times")

    def _ask(self, stream: str, records: Sequence[bytes]) -> dict[str, Any]:
        try:
            return self._client.put_record_batch(
                DeliveryStreamName=stream, Records=[{"Data": record} for record in records]
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"Firehose can't be asked: {error}") from error
