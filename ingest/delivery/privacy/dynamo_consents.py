"""What persons decided, in AWS: DynamoDB, read once a person and function, then followed by what has changed.

The table has a partition key ``pk`` and a sort key ``sk``, both strings:

- ``consent#<environment>#<pseudonym>``, ``state``: of each purpose ``<purpose>`` (BOOL) and ``<purpose>_at_us`` (N).
- ``decisions#<day>``, ``<recorded at, µs>#<random>``: every decision in the order in which they were recorded. Before
  each batch a function reads those that have come since, and forgets what it knew of their persons.
"""

import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ingest.contracts.instants import from_us
from ingest.delivery.privacy.consent import PURPOSES, Decision, Person, Purpose
from ingest.delivery.reaching import reaching

_SERVICE = "DynamoDB"
_STATE = "state"
_OVERLAP_US = 60_000_000
"""Decisions are looked for this far back: the clocks of two functions differ by less."""

_DAY_US = 86_400_000_000
_KNOWN_MAX = 200_000
_GET_MAX = 100
"""What DynamoDB gives in one request."""

Item = dict[str, dict[str, Any]]
Decided = Mapping[Purpose, bool]


class DynamoConsents:
    """Keeps decisions.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table
        self._known: dict[Person, Decided] = {}
        self._followed_to_us = 0

    def is_empty(self) -> bool:
        """Never known at once."""
        return False

    def of(self, people: Collection[Person]) -> Mapping[Person, Decided]:
        """What is in force; persons of whom nothing is known are left out.

        Raises:
            Unavailable: DynamoDB can't be asked.
        """
        with reaching(_SERVICE):
            self._follow()
            unknown = [person for person in people if person not in self._known]
            if len(self._known) + len(unknown) > _KNOWN_MAX:
                self._known.clear()
                unknown = list(people)
            self._known |= {person: {} for person in unknown} | self._get(unknown)
        return {person: decided for person in people if (decided := self._known[person])}

    def record(self, decisions: Collection[Decision]) -> None:
        """Return once they are stored.

        Raises:
            Unavailable: they are not all; to record those again that are changes nothing.
        """
        with reaching(_SERVICE):
            for decision in decisions:
                self._decide(decision)

    def withdrawn(self, purpose: Purpose) -> Iterator[Person]:
        """Everyone whose latest decision on a purpose is no. Reads the whole table: for a job, not for a request."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :state AND #purpose = :no",
            ExpressionAttributeNames={"#purpose": purpose},
            ExpressionAttributeValues={":state": {"S": _STATE}, ":no": {"BOOL": False}},
            ConsistentRead=True,
        )
        with reaching(_SERVICE):
            for page in pages:
                yield from (_person_of(item["pk"]["S"]) for item in page["Items"])

    def _follow(self) -> None:
        """Forget the persons who have decided anew."""
        now_us = time.time_ns() // 1000
        if self._followed_to_us:
            since_us = self._followed_to_us - _OVERLAP_US
            for at_us in range(since_us, now_us + _DAY_US, _DAY_US):
                for person in self._deciders(_day(min(at_us, now_us)), since_us):
                    self._known.pop(person, None)
        self._followed_to_us = now_us

    def _deciders(self, day: str, since_us: int) -> Iterator[Person]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :day AND sk > :since",
            ExpressionAttributeValues={":day": {"S": day}, ":since": {"S": f"{since_us:020d}"}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from (Person(item["environment"]["S"], item["pseudonym"]["S"]) for item in page["Items"])

    def _get(self, people: Sequence[Person]) -> dict[Person, Decided]:
        found: dict[Person, Decided] = {}
        for start in range(0, len(people), _GET_MAX):
            keys = [_key(person) for person in people[start : start + _GET_MAX]]
            asked = {self._table: {"Keys": keys, "ConsistentRead": True}}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self._table, []):
                    found[_person_of(item["pk"]["S"])] = {p: item[p]["BOOL"] for p in PURPOSES if p in item}
                asked = answer.get("UnprocessedKeys")
        return found

    def _decide(self, decision: Decision) -> None:
        """The state first: who reads of the decision afterwards has to find it in force."""
        at_us, purpose = str(decision.decided_at_us), decision.purpose
        # If it has been decided anew since, the state stays; the decision is logged all the same.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(decision.person),
                UpdateExpression="SET #purpose = :granted, #at = :at",
                # Decided later; or at the same time, and a withdrawal.
                ConditionExpression="attribute_not_exists(#at) OR #at < :at OR (#at = :at AND :granted = :no)",
                ExpressionAttributeNames={"#purpose": purpose, "#at": f"{purpose}_at_us"},
                ExpressionAttributeValues={
                    ":granted": {"BOOL": decision.granted},
                    ":at": {"N": at_us},
                    ":no": {"BOOL": False},
                },
            )
        self._client.put_item(TableName=self._table, Item=_logged(decision))


def _logged(decision: Decision) -> Item:
    recorded_us = time.time_ns() // 1000
    return {
        "pk": {"S": _day(recorded_us)},
        "sk": {"S": f"{recorded_us:020d}#{secrets.token_hex(4)}"},
        "environment": {"S": decision.person.environment},
        "pseudonym": {"S": decision.person.pseudonym},
        "purpose": {"S": decision.purpose},
        "granted": {"BOOL": decision.granted},
        "decided_at_us": {"N": str(decision.decided_at_us)},
    }


def _day(at_us: int) -> str:
    return f"decisions#{from_us(at_us):%Y-%m-%d}"


def _key(person: Person) -> Item:
    return {"pk": {"S": f"consent#{person.environment}#{person.pseudonym}"}, "sk": {"S": _STATE}}


def _person_of(key: str) -> Person:
    # An environment may hold a #, a pseudonym does not.
    environment, _, pseudonym = key.removeprefix("consent#").rpartition("#")
    return Person(environment, pseudonym)
