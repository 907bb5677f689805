"""Counts at the doors, in AWS: a tray of counters in DynamoDB, which each build empties into the lake's bookings.

- ``counted#<shard>``, ``<hour>#<door>``: ``requests`` (N), and of each kind of count ``<kind>#<event type>`` (N).

One write holds all that a function has to say at once. Functions that run beside each other write into different
shards, each of which takes a thousand writes a second.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.delivery.booking import Booking
from ingest.delivery.reaching import reaching

SHARDS = 8
_REQUESTS = "requests"
Item = dict[str, dict[str, Any]]


class DynamoBooks:
    """Adds counts up, and hands them over.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._shard = f"counted#{secrets.randbelow(SHARDS)}"

    def book(self, door: str, hour: str, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Add counts, by kind and event type, of what arrived in an hour.

        Raises:
            Unavailable: they are not added.
        """
        added = [(f"{kind}#{of}", n) for kind, by_type in counts.items() for of, n in by_type.items() if n]
        if not added:
            return
        added.append((_REQUESTS, 1))
        with reaching("DynamoDB"):
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": self._shard}, "sk": {"S": f"{hour}#{door}"}},
                UpdateExpression="ADD " + ", ".join(f"#n{i} :n{i}" for i in range(len(added))),
                ExpressionAttributeNames={f"#n{i}": name for i, (name, _) in enumerate(added)},
                ExpressionAttributeValues={f":n{i}": {"N": str(n)} for i, (_, n) in enumerate(added)},
            )

    def counted(self) -> Iterator[tuple[list[Booking], dict[str, Any]]]:
        """What every counter says, and the part of a transaction that strikes it off, if it says the same still."""
        for shard in range(SHARDS):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :shard",
                ExpressionAttributeValues={":shard": {"S": f"counted#{shard}"}},
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    yield _bookings(item), self._strike_off(item)

    def _strike_off(self, item: Item) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": {"pk": item["pk"], "sk": item["sk"]},
                "ConditionExpression": "requests = :requests",
                "ExpressionAttributeValues": {":requests": item[_REQUESTS]},
            }
        }


def _bookings(item: Item) -> list[Booking]:
    hour, _, door = item["sk"]["S"].partition("#")
    counters = ((*name.partition("#")[::2], value) for name, value in item.items() if "#" in name)
    return [Booking(hour, of, door, kind, int(value["N"])) for kind, of, value in counters]
