"""How decisions stand in DynamoDB.

The table has a partition key ``pk`` and a sort key ``sk``, both strings:

- ``consent#<environment>#<pseudonym>``, ``state``: of each purpose ``<purpose>`` (BOOL) and ``<purpose>_at_us`` (N).
- ``decisions#<day>``, ``<recorded at, µs>#<random>``: every decision in the order in which they were recorded.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from ingest.contracts.instants import from_us
from ingest.delivery.privacy.consent import PURPOSES, Decision, Person, Purpose

STATE = "state"
STATES, LOG = "consent#", "decisions#"
"""What partition keys begin with."""

Item = dict[str, dict[str, Any]]
Decided = Mapping[Purpose, bool]


def logged(decision: Decision) -> Item:
    """A decision as it is recorded now."""
    recorded_us = time.time_ns() // 1000
    return {
        "pk": {"S": day_key(recorded_us)},
        "sk": {"S": f"{recorded_us:020d}#{secrets.token_hex(4)}"},
        "environment": {"S": decision.person.environment},
        "pseudonym": {"S": decision.person.pseudonym},
        "purpose": {"S": decision.purpose},
        "granted": {"BOOL": decision.granted},
        "decided_at_us": {"N": str(decision.decided_at_us)},
    }


def day_key(at_us: int) -> str:
    """Partition of the decisions that were recorded on the day of a time in µs since 1970."""
    return f"{LOG}{from_us(at_us):%Y-%m-%d}"


def state_key(person: Person) -> Item:
    return {"pk": {"S": f"{STATES}{person.environment}#{person.pseudonym}"}, "sk": {"S": STATE}}


def decided(item: Item) -> tuple[Person, Decided]:
    """What is in force, as a state says."""
    return person_of(item["pk"]["S"]), {purpose: item[purpose]["BOOL"] for purpose in PURPOSES if purpose in item}


def person_of(key: str) -> Person:
    """Whose state has this partition key."""
    # An environment may hold a #, a pseudonym does not.
    environment, _, pseudonym = key.removeprefix(STATES).rpartition("#")
    return Person(environment, pseudonym)
