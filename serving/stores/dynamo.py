"""The table in AWS: DynamoDB, partition key ``pk`` and sort key ``sk``, with ``expires_at_s`` as its time to live."""

import random
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from serving.stores.table import Add, Delete, Document, Expect, Key, Lost, Unreachable, Write, check_sizes

ATTEMPTS = 8
_WAIT_S = 0.02
_FIRST, _LAST = "\x00", chr(0x10FFFF)
_NUMBER = "n_"
"""Begins the name of an attribute that is counted on."""
_Item = dict[str, dict[str, Any]]

# botocore is imported by whoever makes the client; its errors are told apart by their codes, so not here.
_CONFLICT = "TransactionConflict"
_CONDITION = "ConditionalCheckFailed"
_AGAIN = frozenset({_CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


class DynamoTable:
    """Keeps items as they are: key, JSON, revision.

    Args:
        client: boto3's DynamoDB client.
        name: the table's name.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def get(self, keys: Collection[Key]) -> Mapping[Key, Document]:
        found: dict[Key, Document] = {}
        asked = {self._name: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}} if keys else {}
        with self._reaching():
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self._name, []):
                    found[Key(item["pk"]["S"], item["sk"]["S"])] = _document(item)
                asked = answer.get("UnprocessedKeys") or {}
        return found

    def query(
        self, partition: str, prefix: str = "", after: str = "", limit: int = 100, *, newest_first: bool = False
    ) -> Sequence[tuple[str, Document]]:
        last = prefix + _LAST
        low, high = (prefix, min(after or last, last)) if newest_first else (max(prefix, after), last)
        if low > high:
            return []
        wanted = limit + 1 if after else limit  # BETWEEN includes its ends, `after` among them
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":pk": {"S": partition},
                ":low": {"S": low or _FIRST},
                ":high": {"S": high},
            },
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        rows: list[tuple[str, Document]] = []
        with self._reaching():
            while len(rows) < wanted:  # DynamoDB ends a page at 1 MB, too
                page = self._client.query(**request, Limit=wanted - len(rows))
                rows += [(item["sk"]["S"], _document(item)) for item in page["Items"]]
                if "LastEvaluatedKey" not in page:
                    break
                request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return [row for row in rows if row[0] != after][:limit]

    def write(self, writes: Sequence[Write], *, lasting: bool = True) -> None:  # noqa: ARG002 - all of it lasts
        check_sizes(writes)
        with self._reaching():
            if len(writes) == 1 and isinstance(writes[0], Add):
                self._add_alone(writes[0])
            else:
                self._transact([self._item(write) for write in writes])

    def _transact(self, items: list[dict[str, Any]]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=items)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
                if _CONDITION in reasons:
                    raise Lost from error
                if not reasons & _AGAIN:
                    raise
                _wait(attempt)
            except self._client.exceptions.TransactionConflictException:
                _wait(attempt)
            else:
                return
        # Others write the same items all the time; who asked decides whether to try again.
        raise Lost

    def _add_alone(self, add: Add) -> None:
        """Without a transaction, of which two at the same item are in each other's way."""
        for attempt in range(ATTEMPTS):
            try:
                self._client.update_item(**self._update(add))
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise Lost from error
            except self._client.exceptions.TransactionConflictException:
                _wait(attempt)
            else:
                return
        raise Lost

    def _item(self, write: Write) -> dict[str, Any]:
        if isinstance(write, Add):
            return {"Update": self._update(write)}
        if isinstance(write, Expect):
            return {"ConditionCheck": {"TableName": self._name, "Key": _key(write.key)} | _at(write.revision)}
        request: dict[str, Any] = {"TableName": self._name}
        if write.replaces == 0:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        elif write.replaces is not None:
            request |= _at(write.replaces)
        if isinstance(write, Delete):
            return {"Delete": request | {"Key": _key(write.key)}}
        item = _key(write.key) | {"document": {"S": write.document}, "revision": {"N": str(write.revision)}}
        if write.expires_at_s is not None:
            item["expires_at_s"] = {"N": str(write.expires_at_s)}
        return {"Put": request | {"Item": item}}

    def _update(self, add: Add) -> dict[str, Any]:
        names = {f"#{name}": f"{_NUMBER}{name}" for name in {*add.amounts, *add.below}}
        values = {f":add_{name}": {"N": str(amount)} for name, amount in add.amounts.items()}
        values |= {f":below_{name}": {"N": str(limit)} for name, limit in add.below.items()}
        change = "ADD " + ", ".join(f"#{name} :add_{name}" for name in add.amounts)
        if add.expires_at_s is not None:
            change += " SET expires_at_s = :until"
            values[":until"] = {"N": str(add.expires_at_s)}
        request: dict[str, Any] = {
            "TableName": self._name,
            "Key": _key(add.key),
            "UpdateExpression": change,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        if add.below:
            fits = (
                f"#{name} < :below_{name}"
                if limit <= 0
                else f"(attribute_not_exists(#{name}) OR #{name} < :below_{name})"
                for name, limit in add.below.items()
            )
            request["ConditionExpression"] = " AND ".join(fits)
        return request

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"DynamoDB can't be used now ({error})") from error


def _at(revision: int) -> dict[str, Any]:
    """The condition that an item is at a revision."""
    values = {":revision": {"N": str(revision)}}
    return {"ConditionExpression": "revision = :revision", "ExpressionAttributeValues": values}


def _wait(attempt: int) -> None:
    time.sleep(_WAIT_S * 2**attempt * random.random())  # noqa: S311 - to get out of step


def _document(item: _Item) -> Document:
    if "document" in item:
        return str(item["document"]["S"])
    numbers = {name.removeprefix(_NUMBER): int(item[name]["N"]) for name in item if name.startswith(_NUMBER)}
    return orjson.dumps(numbers, option=orjson.OPT_SORT_KEYS).decode()


def _key(key: Key) -> _Item:
    return {"pk": {"S": key.partition}, "sk": {"S": key.sort}}
