"""One job at a time: a lease in DynamoDB, which ends by itself where its holder has died."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from infra.aws.lake.documents import key

_LOCK = key("lock", "build")
CLOCKS_DIFFER_S = 60
"""A lease is taken over so long after its end: two machines' clocks differ by less."""


class Busy(Exception):
    """Another job has the lock, and nothing was done."""


class Lease:
    """The lock of one lake.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
        clock: seconds since 1970.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client, self._table, self._clock = client, table, clock

    @contextmanager
    def held(self, for_s: float) -> Iterator[None]:
        """Have the lock. ``for_s`` is how long the holder can live at most, after which it is given to others.

        Raises:
            Busy: somebody has it.
        """
        holder, now_s = uuid4().hex, self._clock()
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**_LOCK, "holder": {"S": holder}, "ends_at_s": {"N": str(now_s + for_s)}},
                ConditionExpression="attribute_not_exists(pk) OR ends_at_s < :ended",
                ExpressionAttributeValues={":ended": {"N": str(now_s - CLOCKS_DIFFER_S)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise Busy("Another job of this lake is running; ask again once it has ended.") from None
        try:
            yield
        finally:
            self._release(holder)

    def _release(self, holder: str) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_LOCK,
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": {"S": holder}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # it had ended, and somebody else has it now
