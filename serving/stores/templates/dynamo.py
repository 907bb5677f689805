"""The table in AWS: DynamoDB, partition key ``pk`` and sort key ``sk``, with ``expires_at_s`` as its time to live."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from serving.stores.templates.table import Delete, Document, Expect, Key, Lost, Unreachable, Write, check_sizes

ATTEMPTS = 8
_WAIT_S = 0.02
_FIRST, _LAST = "\x00", chr(0x10FFFF)
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
                    found[Key(item["pk"]["S"], item["sk"]["S"])] = item["document"]["S"]
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
                rows += [(item["sk"]["S"], item["document"]["S"]) for item in page["Items"]]
                if "LastEvaluatedKey" not in page:
                    break
                request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return [row for row in rows if row[0] != after][:limit]

    def write(self, writes: Sequence[Write]) -> None:
        check_sizes(writes)
        items = [self._item(write) for write in writes]
        with self._reaching():
            for attempt in range(ATTEMPTS):
                try:
                    self._client.transact_write_items(TransactItems=items)
                except self._client.exceptions.TransactionCanceledException as error:
                    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
                    if _CONDITION in reasons:
                        raise Lost from error
                    if not reasons & _AGAIN:
                        raise
                    time.sleep(_WAIT_S * 2**attempt)
                except self._client.exceptions.TransactionConflictException:
                    time.sleep(_WAIT_S * 2**attempt)
                else:
                    return
        # Others write the same items all the time; who asked decides whether to try again.
        raise Lost

    def _item(self, write: Write) -> dict[str, Any]:
        if isinstance(write, Delete):
            return {"Delete": {"TableName": self._name, "Key": _key(write.key)}}
        if isinstance(write, Expect):
            return {"ConditionCheck": {"TableName": self._name, "Key": _key(write.key)} | _at(write.revision)}
        item = _key(write.key) | {"document": {"S": write.document}, "revision": {"N": str(write.revision)}}
        if write.expires_at_s is not None:
            item["expires_at_s"] = {"N": str(write.expires_at_s)}
        put: dict[str, Any] = {"TableName": self._name, "Item": item}
        if write.replaces == 0:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        elif write.replaces is not None:
            put |= _at(write.replaces)
        return {"Put": put}

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


def _key(key: Key) -> _Item:
    return {"pk": {"S": key.partition}, "sk": {"S": key.sort}}
