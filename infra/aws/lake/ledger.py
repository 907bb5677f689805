"""What the jobs remember in AWS, in the DynamoDB table that functions share."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from infra.aws.lake.entries import BOOKING, Facts
from infra.aws.lake.objects import TAKEN, ObjectLedger, parts_of, waiting_key
from ingest.contracts.registry import EVENTS

_MOVED = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class DynamoLedger(ObjectLedger):
    """The ledger of the jobs."""

    def book(
        self, bookings: Sequence[tuple[str, str, str, str, int]], strike_off: Sequence[Mapping[str, Any]]
    ) -> Sequence[bool]:
        """Book counts that were kept elsewhere, and strike them off there, in one transaction.

        Returns:
            Of each part that strikes off whether it is done with: all of them; or, where nothing was booked, those
            that do not hold any more.
        """
        try:
            self._transact([*self._booking(uuid4().hex, bookings), *strike_off])
        except self._client.exceptions.TransactionCanceledException as canceled:
            codes = [reason["Code"] for reason in canceled.response["CancellationReasons"]][-len(strike_off) :]
            if not any(code in _MOVED for code in codes):
                raise
            return [code in _MOVED for code in codes]
        return [True for _ in strike_off]

    # Jobs

    def new_objects(self, event_type: str) -> list[str]:
        """Paths of bronze objects that no silver run has taken, oldest arrival first."""
        self._settle()
        return [item["sk"]["S"] for item in self._documents.query(waiting_key(event_type))]

    def commit_silver(
        self,
        run: str,
        objects: Iterable[str],
        bookings: Iterable[tuple[str, str, str, str, int]],
        facts: Facts,
    ) -> None:
        """Strike the objects off, book what became of their rows and remember facts, all of it or nothing."""
        self._settle()
        taken = self._documents.prepare(TAKEN, list(objects))
        self._commit([self._put(taken), *self._booking(run, list(bookings))], facts)
        self._settle()

    def bookings_and_waiting(
        self,
    ) -> tuple[list[tuple[str, str, str, str, int]], list[tuple[str, str, str, str, int]]]:
        """All that was ever booked, summed by hour, type, door and kind; and the bronze objects that no silver run
        took: hour, type, door, path, rows.
        """
        self._settle()
        totals: Counter[tuple[str, str, str, str]] = Counter()
        for head in self._documents.query(BOOKING):
            for hour, event_type, door, kind, events in self._documents.value(head):
                totals[hour, event_type, door, kind] += events
        waiting = [
            (hour, event_type, door, item["sk"]["S"], rows)
            for event_type in EVENTS
            for item in self._documents.query(waiting_key(event_type))
            for hour, door, rows in parts_of(item)
        ]
        return [(*booked, events) for booked, events in sorted(totals.items())], waiting
