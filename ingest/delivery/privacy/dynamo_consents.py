"""What persons decided, in AWS: DynamoDB, read once a function, then followed by what has changed.

The table has a partition key ``pk`` and a sort key ``sk``, both strings:

- ``consent#<environment>#<pseudonym>``, ``state``: of each purpose ``<purpose>`` (BOOL) and ``<purpose>_at_us`` (N).
- ``decisions#<day>``, ``<recorded at, µs>#<random>``: every decision in the order in which they were recorded.

A function that starts reads all states, if they are not too many to be held, and before each batch the decisions that
have come since; so whom a batch names costs no request. Where they are too many, it asks for each person once.
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
HELD_MAX = 200_000
"""Persons that a function has in memory, some 50 MB."""
_GET_MAX = 100
"""What DynamoDB gives in one request."""

Item = dict[str, dict[str, Any]]
Decided = Mapping[Purpose, bool]


class DynamoConsents:
    """Keeps decisions.

    Args:
        client: boto3's DynamoDB client.
        table: its name.
        held_max: so many persons are held at most.
    """

    def __init__(self, client: Any, table: str, held_max: int = HELD_MAX) -> None:
        self._client, self._table, self._held_max = client, table, held_max
        self._held: dict[Person, Decided] = {}
        self._are_all = False
        """Whether nobody has decided anything who is not held."""
        self._followed_to_us = 0

    def is_empty(self) -> bool:
        """Whether nobody has decided anything yet; no where too many have to be held."""
        if self._held:
            return False
        with reaching(_SERVICE):
            self._follow()
        return self._are_all and not self._held

    def of(self, people: Collection[Person]) -> Mapping[Person, Decided]:
        """What is in force; persons of whom nothing is known are left out.

        Raises:
            Unavailable: DynamoDB can't be asked.
        """
        with reaching(_SERVICE):
            self._follow()
            if not self._are_all:
                unknown = [person for person in people if person not in self._held]
                if len(self._held) + len(unknown) > self._held_max:
                    self._held.clear()
                    unknown = list(people)
                self._held |= {person: {} for person in unknown} | self._get(unknown)
        return {person: decided for person in people if (decided := self._held.get(person))}

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

    def changed_since(self, decision: int, purpose: Purpose) -> tuple[int, list[Person]]:
        """The number of the newest decision, and who has decided on a purpose since that of the given number.

        Numbers are times in µs since 1970. Who decided shortly before such a time may be told twice.
        """
        now_us = time.time_ns() // 1000
        with reaching(_SERVICE):
            if not decision:
                return now_us, [person for person, decided in self._all() if purpose in decided]
            since_us = decision - _OVERLAP_US
            days = sorted({_day(at_us) for at_us in (*range(since_us, now_us, _DAY_US), now_us)})
            return now_us, list(dict.fromkeys(p for day in days for p in self._deciders(day, since_us, purpose)))

    def _follow(self) -> None:
        """Read what was decided since the last time; all of it the first time."""
        now_us = time.time_ns() // 1000
        if not self._followed_to_us:
            self._read_all()
        else:
            since_us = self._followed_to_us - _OVERLAP_US
            days = {_day(at_us) for at_us in (*range(since_us, now_us, _DAY_US), now_us)}
            again = {person for day in days for person in self._deciders(day, since_us)}
            if self._are_all:
                self._held |= self._get(list(again))
            else:
                self._held = {person: decided for person, decided in self._held.items() if person not in again}
        self._followed_to_us = now_us

    def _read_all(self) -> None:
        for person, decided in self._all():
            self._held[person] = decided
            if len(self._held) > self._held_max:
                self._held.clear()
                return
        self._are_all = True

    def _all(self) -> Iterator[tuple[Person, Decided]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :state",
            ExpressionAttributeValues={":state": {"S": _STATE}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(_decided, page["Items"])

    def _deciders(self, day: str, since_us: int, purpose: Purpose | None = None) -> Iterator[Person]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :day AND sk > :since",
            ExpressionAttributeValues={":day": {"S": day}, ":since": {"S": f"{since_us:020d}"}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                if purpose is None or item["purpose"]["S"] == purpose:
                    yield Person(item["environment"]["S"], item["pseudonym"]["S"])

    def _get(self, people: Sequence[Person]) -> dict[Person, Decided]:
        found: dict[Person, Decided] = {}
        for start in range(0, len(people), _GET_MAX):
            keys = [_key(person) for person in people[start : start + _GET_MAX]]
            asked = {self._table: {"Keys": keys, "ConsistentRead": True}}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                found |= dict(map(_decided, answer["Responses"].get(self._table, [])))
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


def _decided(item: Item) -> tuple[Person, Decided]:
    return _person_of(item["pk"]["S"]), {purpose: item[purpose]["BOOL"] for purpose in PURPOSES if purpose in item}


def _person_of(key: str) -> Person:
    # An environment may hold a #, a pseudonym does not.
    environment, _, pseudonym = key.removeprefix("consent#").rpartition("#")
    return Person(environment, pseudonym)
