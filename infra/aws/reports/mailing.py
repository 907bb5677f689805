"""What is remembered of mail: who wants no more, whom it can't reach, and what was sent. Items of the DynamoDB table of
consents and keys, whose partition keys all begin with ``mailing#``, so that a role can be kept to them.

- ``mailing#to#<audience>``, ``<address>``: ``token`` of its links; ``unsubscribed_at`` once they were followed.
- ``mailing#token#<token>``, ``of``: ``audience`` and ``address``.
- ``mailing#stopped``, ``<address>``: ``why`` and ``stopped_at`` of one that bounced or complained.
- ``mailing#sent#<report>``, ``<address>``: ``claimed_at``; ``message_id`` once SES has taken it.

Addresses are keys in lower case: nobody has two mailboxes that differ by capitals.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from infra.aws.lake.documents import Documents, Item, key

PREFIX = "mailing#"
_STOPPED = f"{PREFIX}stopped"
_OF = "of"
_TOKEN_BYTES = 32

Claim = Literal["claimed", "sent", "unclear"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One address on the list of an audience."""

    audience: str
    address: str
    token: str
    """Who has it may end the subscription, and do nothing else."""
    unsubscribed_at: str | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """An address that is not mailed, whatever it is on."""

    address: str
    why: str
    stopped_at: str


class Mailing:
    """Remembers it.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._documents = Documents(client, table)

    def subscription(self, audience: str, address: str) -> Subscription:
        """The one of an address, made where there is none: its links stay the same from mail to mail."""
        item = self._client.update_item(
            TableName=self._table,
            Key=_to(audience, address),
            UpdateExpression="SET #token = if_not_exists(#token, :new)",
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues={":new": {"S": secrets.token_urlsafe(_TOKEN_BYTES)}},
            ReturnValues="ALL_NEW",
        )["Attributes"]
        found = _subscription(audience, item)
        # Put each time, for whoever made the item may not have come to it.
        self._put(_token(found.token), audience=audience, address=found.address)
        return found

    def of_token(self, token: str) -> Subscription | None:
        """Whose links have this token."""
        found = self._documents.head(_token(token))
        item = self._documents.head(_to(found["audience"]["S"], found["address"]["S"])) if found else None
        return None if found is None or item is None else _subscription(found["audience"]["S"], item)

    def unsubscribe(self, found: Subscription) -> None:
        """End a subscription; one that has ended stays as it is."""
        self._client.update_item(
            TableName=self._table,
            Key=_to(found.audience, found.address),
            UpdateExpression="SET unsubscribed_at = if_not_exists(unsubscribed_at, :now)",
            ExpressionAttributeValues={":now": {"S": _now()}},
        )

    def stop(self, address: str, why: str) -> None:
        """Mail an address no more."""
        self._put(key(_STOPPED, _name(address)), why=why, stopped_at=_now())

    def stopped(self) -> dict[str, Stopped]:
        """All that are not mailed any more, by address."""
        found = [
            Stopped(_at(item), item["why"]["S"], item["stopped_at"]["S"]) for item in self._documents.query(_STOPPED)
        ]
        return {one.address: one for one in found}

    def subscriptions(self, audience: str) -> dict[str, Subscription]:
        """All that were ever made for an audience, by address."""
        found = [_subscription(audience, item) for item in self._documents.query(_to_all(audience))]
        return {one.address: one for one in found}

    def restore(self, address: str, audiences: Iterable[str]) -> bool:
        """Mail an address again; whether it was left out of anything."""
        stopped = key(_STOPPED, _name(address))
        gone = self._client.delete_item(TableName=self._table, Key=stopped, ReturnValues="ALL_OLD").get("Attributes")
        return any([gone is not None, *(self._subscribe_again(audience, address) for audience in audiences)])

    def _subscribe_again(self, audience: str, address: str) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_to(audience, address),
                UpdateExpression="REMOVE unsubscribed_at",
                ConditionExpression="attribute_exists(unsubscribed_at)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def claim(self, report: str, address: str) -> Claim:
        """Note that a report is about to be sent. Only who has claimed it may send it; one that was claimed and never
        noted as sent may have gone out or not.
        """
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**_sent(report, address), "claimed_at": {"S": _now()}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return "sent" if "message_id" in (self._documents.head(_sent(report, address)) or {}) else "unclear"
        return "claimed"

    def release(self, report: str, address: str) -> None:
        """It was not sent for certain; the next run may."""
        self._client.delete_item(TableName=self._table, Key=_sent(report, address))

    def note_sent(self, report: str, address: str, message_id: str) -> None:
        """SES has taken it."""
        self._client.update_item(
            TableName=self._table,
            Key=_sent(report, address),
            UpdateExpression="SET message_id = :id, sent_at = :now",
            ExpressionAttributeValues={":id": {"S": message_id}, ":now": {"S": _now()}},
        )

    def _put(self, key: Item, **said: str) -> None:
        item = {**key, **{name: {"S": value} for name, value in said.items()}}
        self._client.put_item(TableName=self._table, Item=item)  # the roles may write no batches


def _name(address: str) -> str:
    return address.strip().lower()


def _to_all(audience: str) -> str:
    return f"{PREFIX}to#{audience}"


def _to(audience: str, address: str) -> Item:
    return key(_to_all(audience), _name(address))


def _token(token: str) -> Item:
    return key(f"{PREFIX}token#{token}", _OF)


def _sent(report: str, address: str) -> Item:
    return key(f"{PREFIX}sent#{report}", _name(address))


def _at(item: Item) -> str:
    return str(item["sk"]["S"])


def _subscription(audience: str, item: Item) -> Subscription:
    ended = item["unsubscribed_at"]["S"] if "unsubscribed_at" in item else None
    return Subscription(audience, _at(item), item["token"]["S"], ended)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
