"""Values of any size in DynamoDB, whose items hold 400 KB: compressed, and in parts where that is not enough.

A value has one head, the item of its key. Parts are written ahead, under a key that nobody knows before the head names
it, so that putting the head, alone or in a transaction, is what makes the whole value be there.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

PART_MAX_BYTES = 300_000
_WRITTEN_AT_ONCE = 25
"""DynamoDB's own limit."""

Item = dict[str, dict[str, Any]]


class Documents:
    """Values that JSON can say, in a table with a partition key ``pk`` and a sort key ``sk``, both strings."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def prepare(self, key: Item, value: Any) -> Item:
        """The head of a value, to be put by the caller; its parts, if it needs any, are stored."""
        body = zlib.compress(json.dumps(value, separators=(",", ":")).encode())
        if len(body) <= PART_MAX_BYTES:
            return {**key, "body": {"B": body}}
        name = f"part#{uuid4().hex}"
        starts = range(0, len(body), PART_MAX_BYTES)
        for number, start in enumerate(starts):
            part = {**_part_key(name, number), "body": {"B": body[start : start + PART_MAX_BYTES]}}
            self._client.put_item(TableName=self._table, Item=part)
        return {**key, "parts_of": {"S": name}, "parts": {"N": str(len(starts))}}

    def head(self, key: Item) -> Item | None:
        """The head of the value with this key, if there is one."""
        found: Item | None = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return found

    def value(self, head: Item) -> Any:
        """What a head stands for."""
        body = head["body"]["B"] if "body" in head else b"".join(self._parts(head))
        return json.loads(zlib.decompress(body))

    def forget_parts(self, head: Item | None) -> None:
        """Remove the parts of a head that is there no more."""
        if head is not None and "parts" in head:
            self.delete([_part_key(head["parts_of"]["S"], number) for number in range(int(head["parts"]["N"]))])

    def forget(self, head: Item) -> None:
        """Remove a value."""
        self.delete([key(head["pk"]["S"], head["sk"]["S"])])
        self.forget_parts(head)

    def put(self, items: Iterable[Item]) -> None:
        """Store items, each in the place of what its key has."""
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def delete(self, keys: Sequence[Item]) -> None:
        """Remove items; those that are gone already stay so."""
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def _write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(requests), _WRITTEN_AT_ONCE):
            asked = {self._table: requests[start : start + _WRITTEN_AT_ONCE]}
            while asked:
                asked = self._client.batch_write_item(RequestItems=asked).get("UnprocessedItems")

    def query(self, pk: str, after: str = "") -> Iterator[Item]:
        """The items of a partition, in the order of their sort keys, from the one after ``after``."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :after" if after else "pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}, **({":after": {"S": after}} if after else {})},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _parts(self, head: Item) -> Iterator[bytes]:
        for number in range(int(head["parts"]["N"])):
            part = self.head(_part_key(head["parts_of"]["S"], number))
            if part is None:  # a newer value took its place while this one was read
                raise KeyError(f"{head['pk']['S']} {head['sk']['S']} has changed; read it again.")
            yield part["body"]["B"]


def key(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _part_key(name: str, number: int) -> Item:
    return key(name, f"{number:06d}")
