"""The keys that an owner made, in AWS: items of the same DynamoDB table as consents.

- ``access#<id>``, ``key``: ``digest``, ``role``, ``environments`` (L of S), ``events_per_s`` (N), ``revoked_at`` (S),
  ``holder`` (S), ``note`` (S), ``made_at`` (S).
- ``access``, ``<role>``: is there once a key was made for a role.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ingest.contracts.roles import Role
from ingest.delivery.reaching import reaching
from ingest.doors.access.grants import Grant, Listed, NewKey, make_key

REMEMBERED_S = 30.0
"""A key that was revoked is good for as long in a function that has just used it."""

_REMEMBERED_MAX = 10_000
_KEY = {"S": "key"}
Item = dict[str, dict[str, Any]]


class DynamoGrants:
    """Keeps the keys.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
        clock: seconds that never run backwards.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._remembered: dict[tuple[str, str], tuple[float, Item | None]] = {}

    def are_demanded(self, role: Role) -> bool:
        """Whether nobody may act in a role without a key."""
        return self._item("access", role) is not None

    def find(self, key_id: str, digest: str) -> Grant | None:
        """What a key grants; None where there is none of this id and digest, or it was revoked."""
        item = self._item(f"access#{key_id}", _KEY["S"])
        if item is None or item["digest"]["S"] != digest or "revoked_at" in item:
            return None
        return _grant(item)

    def add(
        self, role: Role, environments: tuple[str, ...], events_per_s: float | None, note: str, holder: str = ""
    ) -> NewKey:
        """Make a key. Its text is known to nobody afterwards but who is given it."""
        key = make_key()
        item: Item = {
            "pk": {"S": f"access#{key.id}"},
            "sk": _KEY,
            "digest": {"S": key.digest},
            "role": {"S": role},
            "environments": {"L": [{"S": name} for name in environments]},
            "note": {"S": note},
            "made_at": {"S": _now()},
            "holder": {"S": holder},
        }
        if events_per_s is not None:
            item["events_per_s"] = {"N": repr(events_per_s)}
        with reaching("DynamoDB"):
            self._client.put_item(TableName=self._table, Item=item)
            self._client.put_item(TableName=self._table, Item={"pk": {"S": "access"}, "sk": {"S": role}})
        self._remembered.clear()
        return key

    def revoke(self, key_id: str) -> bool:
        """End a key; False where there is none of this id, or it has ended already."""
        with reaching("DynamoDB"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"access#{key_id}"}, "sk": _KEY},
                    UpdateExpression="SET revoked_at = :now",
                    ConditionExpression="attribute_exists(pk) AND attribute_not_exists(revoked_at)",
                    ExpressionAttributeValues={":now": {"S": _now()}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        self._remembered.clear()
        return True

    def listed(self) -> list[Listed]:
        """All that were ever made, the oldest first. It reads through consents, too, so it is for owners only."""
        with reaching("DynamoDB"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table,
                FilterExpression="begins_with(pk, :access) AND sk = :key",
                ExpressionAttributeValues={":access": {"S": "access#"}, ":key": _KEY},
                ConsistentRead=True,
            )
            items: list[Item] = [item for page in pages for item in page["Items"]]
        return sorted(map(_listed, items), key=lambda one: (one.made_at, one.grant.id))

    def _item(self, pk: str, sk: str) -> Item | None:
        now_s = self._clock()
        at_s, item = self._remembered.get((pk, sk), (float("-inf"), None))
        if now_s - at_s < REMEMBERED_S:
            return item
        with reaching("DynamoDB"):
            answer = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()  # someone tries ids
        found: Item | None = answer.get("Item")
        self._remembered[pk, sk] = now_s, found
        return found


def _grant(item: Item) -> Grant:
    """What ``add`` has written."""
    role: Role = item["role"]["S"]
    environments = tuple(entry["S"] for entry in item["environments"]["L"])
    per_s = float(item["events_per_s"]["N"]) if "events_per_s" in item else None
    return Grant(item["pk"]["S"].partition("#")[2], role, environments, per_s, _text(item, "holder") or "")


def _listed(item: Item) -> Listed:
    return Listed(_grant(item), _text(item, "note") or "", _text(item, "made_at") or "", _text(item, "revoked_at"))


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
