"""What is booked and remembered in the DynamoDB table that functions share, and transactions over it.

- ``booking``, ``<run, or a random id>``: what was booked at once, as one compressed document. Never changed.
- ``ledger``, ``booked``: how many bookings there are.
- ``ledger``, ``fact#<name>``: facts.

A year of builds every hour is some 9,000 documents of bookings and 4 MB, which a build reads in a second.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.aws.lake.documents import Documents, Item, key

LEDGER, BOOKING = "ledger", "booking"
_BOOKED = key(LEDGER, "booked")

Facts = Mapping[str, str | None]


class Entries:
    """Whoever writes holds the build lock; anyone may read.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._documents = Documents(client, table)

    def fact(self, name: str) -> str | None:
        head = self._documents.head(_fact(name))
        return None if head is None else str(self._documents.value(head))

    def set_fact(self, name: str, value: str | None) -> None:
        """Remember one thing by name; ``None`` forgets it."""
        self._commit([], {name: value})

    def last_booking(self) -> int:
        """How many bookings there are."""
        head = self._documents.head(_BOOKED)
        return int(head["bookings"]["N"]) if head else 0

    def _commit(self, items: Sequence[Mapping[str, Any]], facts: Facts) -> None:
        """Do all that the items say and remember facts, in one transaction."""
        before = [self._documents.head(_fact(name)) for name in facts]
        self._transact([*items, *(self._fact_write(name, value) for name, value in facts.items())])
        for head in before:
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
        head = self._documents.prepare(key(BOOKING, name), [list(booking) for booking in bookings])
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


def _fact(name: str) -> Item:
    return key(LEDGER, f"fact#{name}")
