"""What persons decided, in AWS: DynamoDB, read once a function, then followed by what has changed.

A function that starts reads all states, if they are not too many to be held, and before each batch the decisions that
have come since; so whom a batch names costs no request. Where they are too many, it asks for each person once.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ingest.delivery.privacy import dynamo_forgetting
from ingest.delivery.privacy.consent import ERASED, Decision, Person, Purpose
from ingest.delivery.privacy.dynamo_decisions import (
    STATE,
    Decided,
    Item,
    day_key,
    decided,
    logged,
    person_of,
    state_key,
)
from ingest.delivery.reaching import reaching

_SERVICE = "DynamoDB"
_OVERLAP_US = 60_000_000
"""Decisions are looked for this far back: the clocks of two functions differ by less."""

_DAY_US = 86_400_000_000
HELD_MAX = 200_000
"""Persons that a function has in memory, some 50 MB."""
_GET_MAX = 100
"""What DynamoDB gives in one request."""


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
        self._erasures: set[str] = set()
        """Those that are followed."""

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
        return {person: in_force for person in people if (in_force := self._held.get(person))}

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
            ExpressionAttributeValues={":state": {"S": STATE}, ":no": {"BOOL": False}},
            ConsistentRead=True,
        )
        with reaching(_SERVICE):
            for page in pages:
                yield from (person_of(item["pk"]["S"]) for item in page["Items"])

    def changed_since(self, decision: int, purpose: Purpose) -> tuple[int, list[Person]]:
        """The number of the newest decision, and who has decided on a purpose since that of the given number.

        Numbers are times in µs since 1970. Who decided shortly before such a time may be told twice.
        """
        now_us = time.time_ns() // 1000
        with reaching(_SERVICE):
            if not decision:
                return now_us, [person for person, in_force in self._all() if purpose in in_force]
            since_us = decision - _OVERLAP_US
            days = sorted({day_key(at_us) for at_us in (*range(since_us, now_us, _DAY_US), now_us)})
            return now_us, list(dict.fromkeys(p for day in days for p in self._deciders(day, since_us, purpose)))

    def kept_of(self, pseudonyms: Collection[str]) -> tuple[int, int]:
        """How many decisions of a person are in the log, and how many of these are withdrawals in force."""
        with reaching(_SERVICE):
            return dynamo_forgetting.kept_of(self._client, self._table, pseudonyms)

    def forget(self, pseudonyms: Collection[str]) -> None:
        """Remove what a person decided, but for withdrawals in force: without these, what arrives later would be
        stored again.
        """
        with reaching(_SERVICE):
            dynamo_forgetting.forget(self._client, self._table, pseudonyms)

    def _follow(self) -> None:
        """Read what was decided since the last time; all of it the first time, and after an erasure."""
        now_us = time.time_ns() // 1000
        since_us = self._followed_to_us - _OVERLAP_US
        days = {day_key(at_us) for at_us in (*range(since_us, now_us, _DAY_US), now_us)} if self._followed_to_us else ()
        recorded = [item for day in days for item in self._log(day, since_us)]
        erasures = {item["sk"]["S"] for item in recorded if item["pseudonym"]["S"] == ERASED}
        if not self._followed_to_us or not erasures <= self._erasures:
            self._held.clear()
            self._read_all()
        else:
            again = {_decider(item) for item in recorded}
            if self._are_all:
                self._held |= self._get(list(again))
            else:
                self._held = {person: in_force for person, in_force in self._held.items() if person not in again}
        self._followed_to_us, self._erasures = now_us, erasures

    def _read_all(self) -> None:
        self._are_all = False
        for person, in_force in self._all():
            self._held[person] = in_force
            if len(self._held) > self._held_max:
                self._held.clear()
                return
        self._are_all = True

    def _all(self) -> Iterator[tuple[Person, Decided]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :state",
            ExpressionAttributeValues={":state": {"S": STATE}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(decided, page["Items"])

    def _deciders(self, day: str, since_us: int, purpose: Purpose) -> Iterator[Person]:
        return (_decider(item) for item in self._log(day, since_us) if item["purpose"]["S"] == purpose)

    def _log(self, day: str, since_us: int) -> Iterator[Item]:
        """What was recorded on a day since a time."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :day AND sk > :since",
            ExpressionAttributeValues={":day": {"S": day}, ":since": {"S": f"{since_us:020d}"}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _get(self, people: Sequence[Person]) -> dict[Person, Decided]:
        found: dict[Person, Decided] = {}
        for start in range(0, len(people), _GET_MAX):
            keys = [state_key(person) for person in people[start : start + _GET_MAX]]
            asked = {self._table: {"Keys": keys, "ConsistentRead": True}}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                found |= dict(map(decided, answer["Responses"].get(self._table, [])))
                asked = answer.get("UnprocessedKeys")
        return found

    def _decide(self, decision: Decision) -> None:
        """The state first: who reads of the decision afterwards has to find it in force."""
        at_us, purpose = str(decision.decided_at_us), decision.purpose
        # If it has been decided anew since, the state stays; the decision is logged all the same.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=state_key(decision.person),
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
        self._client.put_item(TableName=self._table, Item=logged(decision))


def _decider(item: Item) -> Person:
    return Person(item["environment"]["S"], item["pseudonym"]["S"])
