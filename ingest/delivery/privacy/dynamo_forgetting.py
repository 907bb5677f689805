"""Forgetting what a person decided, in DynamoDB. Reads the whole table: for a job, not for a request."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from ingest.delivery.privacy.consent import ERASED, PURPOSES, Decision, Person
from ingest.delivery.privacy.dynamo_decisions import LOG, STATE, STATES, Item, logged

_ASKED_AT_ONCE = 20
"""Pseudonyms in one condition, which DynamoDB lets have 4 KB."""


def kept_of(client: Any, table: str, pseudonyms: Collection[str]) -> tuple[int, int]:
    """How many decisions of a person are in the log, and how many of these are withdrawals in force."""
    log, states = _found(client, table, pseudonyms)
    return len(log), sum(_is_in_force(item, states) for item in log)


def forget(client: Any, table: str, pseudonyms: Collection[str]) -> None:
    """Remove what a person decided, but for withdrawals in force. Cut off, it is finished by being asked again."""
    log, states = _found(client, table, pseudonyms)
    for item in log:
        if not _is_in_force(item, states):
            client.delete_item(TableName=table, Key=_key(item))
    for state in states.values():
        _forget_grants(client, table, state)
    # At last, for whoever remembers decisions then reads all of them again.
    client.put_item(TableName=table, Item=logged(Decision(Person("", ERASED), "personalisation", False, 0)))


def _found(client: Any, table: str, pseudonyms: Collection[str]) -> tuple[list[Item], dict[str, Item]]:
    """The log of a person, and the states by partition key."""
    every = sorted(pseudonyms)
    parts = (every[start : start + _ASKED_AT_ONCE] for start in range(0, len(every), _ASKED_AT_ONCE))
    items = [item for some in parts for item in _scan(client, table, some)]
    states = {item["pk"]["S"]: item for item in items if item["sk"]["S"] == STATE}
    return [item for item in items if item["sk"]["S"] != STATE], states


def _scan(client: Any, table: str, pseudonyms: Collection[str]) -> Iterator[Item]:
    names = {f":p{number}": {"S": pseudonym} for number, pseudonym in enumerate(pseudonyms)}
    ends = " OR ".join(f"contains(pk, {name})" for name in names)
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression=f"(begins_with(pk, :log) AND pseudonym IN ({', '.join(names)})) "
        f"OR (begins_with(pk, :states) AND ({ends}))",
        ExpressionAttributeValues={":log": {"S": LOG}, ":states": {"S": STATES}, **names},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _is_in_force(item: Item, states: dict[str, Item]) -> bool:
    """Whether it is a withdrawal that the person has not taken back."""
    purpose = item["purpose"]["S"]
    state = states.get(f"{STATES}{item['environment']['S']}#{item['pseudonym']['S']}", {})
    return (
        not item["granted"]["BOOL"]
        and purpose in state
        and not state[purpose]["BOOL"]
        and state[f"{purpose}_at_us"] == item["decided_at_us"]
    )


def _forget_grants(client: Any, table: str, state: Item) -> None:
    for purpose in PURPOSES:
        if purpose in state and state[purpose]["BOOL"]:
            # Decided anew meanwhile, it is not what was to be forgotten.
            with suppress(client.exceptions.ConditionalCheckFailedException):
                client.update_item(
                    TableName=table,
                    Key=_key(state),
                    UpdateExpression="REMOVE #purpose, #at",
                    ConditionExpression="#purpose = :yes AND #at = :at",
                    ExpressionAttributeNames={"#purpose": purpose, "#at": f"{purpose}_at_us"},
                    ExpressionAttributeValues={":yes": {"BOOL": True}, ":at": state[f"{purpose}_at_us"]},
                )
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.delete_item(
            TableName=table,
            Key=_key(state),
            ConditionExpression=" AND ".join(f"attribute_not_exists({purpose})" for purpose in PURPOSES),
        )


def _key(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}
