"""What builds remember in AWS: items of the DynamoDB table that functions share.

- ``bronze#<type>``, ``<path>``: an object that was found. For good, so that it is never found again.
- ``new#<type>``, ``<path>``: the same until a run has taken it: its rows by hour and door.
- ``booking``, ``<run, or a random id>``: what was booked at once, as one compressed document. Never changed.
- ``ledger``, ``fact#<name>``: facts.
- ``ledger``, ``booked``: how many bookings there are.
- ``ledger``, ``taken``: objects that a committed run has taken and that still stand under ``new#``.

A year of builds every hour is some 9,000 documents of bookings and 4 MB, which a build reads in a second.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from infra.aws.lake.documents import Documents, Item, key
from ingest.contracts import layout
from ingest.contracts.registry import EVENTS
from ingest.delivery.drain import Booking, BronzeObject

_LEDGER, _BOOKING = "ledger", "booking"
_BOOKED, _TAKEN = key(_LEDGER, "booked"), key(_LEDGER, "taken")

_MOVED = frozenset({"ConditionalCheckFailed", "TransactionConflict"})

_FOUND_AT_ONCE = 40
"""Objects in one transaction, two items each; DynamoDB takes 100."""


class DynamoLedger:
    """The ledger of the jobs. Whoever writes holds the build lock; anyone may read.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._documents = Documents(client, table)

    # Discovery

    def known(self, event_type: str, after: str) -> set[str]:
        """Paths of the objects of a type that were found, of those that come after a path."""
        return {item["sk"]["S"] for item in self._documents.query(_bronze(event_type), after)}

    def add(self, objects: Iterable[BronzeObject]) -> None:
        """Remember objects as new and book their rows as bronze, each object whole or not at all.

        An object with rows of several hours or doors is named once for each.
        """
        by_path: dict[str, list[BronzeObject]] = defaultdict(list)
        for found in objects:
            by_path[found.path].append(found)
        paths = list(by_path)
        for start in range(0, len(paths), _FOUND_AT_ONCE):
            some = [by_path[path] for path in paths[start : start + _FOUND_AT_ONCE]]
            bookings = [Booking(part.hour, part.table, part.door, "bronze", part.rows) for one in some for part in one]
            self._transact(
                [
                    *(item for one in some for item in (self._put(_seen(one), is_new=True), self._put(_new(one)))),
                    *self._booking(uuid4().hex, bookings),
                ]
            )

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
        return [item["sk"]["S"] for item in self._documents.query(_waiting(event_type))]

    def commit_silver(
        self,
        run: str,
        objects: Iterable[str],
        bookings: Iterable[tuple[str, str, str, str, int]],
        facts: Mapping[str, str | None],
    ) -> None:
        """Strike the objects off, book what became of their rows and remember facts, all of it or nothing."""
        self._settle()
        taken = self._documents.prepare(_TAKEN, list(objects))
        before = [self._documents.head(_fact(name)) for name in facts]
        self._transact(
            [
                self._put(taken),
                *self._booking(run, list(bookings)),
                *(self._fact_write(name, value) for name, value in facts.items()),
            ]
        )
        for head in before:
            self._documents.forget_parts(head)
        self._settle()

    def fact(self, name: str) -> str | None:
        head = self._documents.head(_fact(name))
        return None if head is None else str(self._documents.value(head))

    def set_fact(self, name: str, value: str | None) -> None:
        """Remember one thing by name; ``None`` forgets it."""
        before = self._documents.head(_fact(name))
        self._transact([self._fact_write(name, value)])
        self._documents.forget_parts(before)

    def bookings_and_waiting(
        self,
    ) -> tuple[list[tuple[str, str, str, str, int]], list[tuple[str, str, str, str, int]]]:
        """All that was ever booked, summed by hour, type, door and kind; and the bronze objects that no silver run
        took: hour, type, door, path, rows.
        """
        self._settle()
        totals: Counter[tuple[str, str, str, str]] = Counter()
        for head in self._documents.query(_BOOKING):
            for hour, event_type, door, kind, events in self._documents.value(head):
                totals[hour, event_type, door, kind] += events
        waiting = [
            (hour, event_type, door, item["sk"]["S"], rows)
            for event_type in EVENTS
            for item in self._documents.query(_waiting(event_type))
            for hour, door, rows in json.loads(item["rows"]["S"])
        ]
        return [(*booked, events) for booked, events in sorted(totals.items())], waiting

    def last_booking(self) -> int:
        """How many bookings there are."""
        head = self._documents.head(_BOOKED)
        return int(head["bookings"]["N"]) if head else 0

    def _settle(self) -> None:
        """Strike off what the last committed run has taken."""
        head = self._documents.head(_TAKEN)
        if head is not None:
            paths: list[str] = self._documents.value(head)
            self._documents.delete([key(_waiting(layout.bronze_event_type(path)), path) for path in paths])
            self._documents.delete([_TAKEN])
            self._documents.forget_parts(head)

    def _booking(self, name: str, bookings: Sequence[tuple[str, str, str, str, int]]) -> list[dict[str, Any]]:
        if not bookings:
            return []
        for booking in bookings:
            if not isinstance(booking[-1], int):
                raise TypeError(f"A booking counts events in whole numbers, not {booking[-1]!r}.")
        more = {
            "TableName": self._table,
            "Key": _BOOKED,
            "UpdateExpression": "ADD bookings :more",
            "ExpressionAttributeValues": {":more": {"N": str(len(bookings))}},
        }
        head = self._documents.prepare(key(_BOOKING, name), [list(booking) for booking in bookings])
        return [self._put(head, is_new=True), {"Update": more}]

    def _fact_write(self, name: str, value: str | None) -> dict[str, Any]:
        if value is None:
            return {"Delete": {"TableName": self._table, "Key": _fact(name)}}
        return self._put(self._documents.prepare(_fact(name), value))

    def _put(self, item: Item, *, is_new: bool = False) -> dict[str, Any]:
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if is_new else {}
        return {"Put": {"TableName": self._table, "Item": item, **condition}}

    def _transact(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._client.transact_write_items(TransactItems=items)


def _bronze(event_type: str) -> str:
    return f"bronze#{event_type}"


def _waiting(event_type: str) -> str:
    return f"new#{event_type}"


def _fact(name: str) -> Item:
    return key(_LEDGER, f"fact#{name}")


def _seen(parts: Sequence[BronzeObject]) -> Item:
    return key(_bronze(parts[0].table), parts[0].path)


def _new(parts: Sequence[BronzeObject]) -> Item:
    rows = [[part.hour, part.door, part.rows] for part in parts]
    return {**key(_waiting(parts[0].table), parts[0].path), "rows": {"S": json.dumps(rows)}}
