"""What the functions are wired with: settings from the environment, Firehose, and where counts are kept."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from ingest.contracts import layout
from ingest.contracts.instants import to_us
from ingest.delivery.delivery import Delivery
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.delivery.firehose import Counts, FirehoseSink
from ingest.delivery.privacy.dynamo_consents import DynamoConsents
from ingest.delivery.privacy.keys import Keyring, parse_keys
from ingest.delivery.privacy.settings import Settings, load
from ingest.delivery.transform import Transform
from ingest.doors.access.dynamo_grants import DynamoGrants
from ingest.doors.access.gate import Gate
from ingest.doors.http import Doors
from ingest.doors.lambdas.metrics import tell
from ingest.doors.lambdas.variables import (
    CLOSED_VARIABLE,
    KEYS_VARIABLE,
    LEDGER_VARIABLE,
    ORIGINS_VARIABLE,
    PREFIX_VARIABLE,
    SETTINGS_VARIABLE,
    TABLE_VARIABLE,
)
from ingest.doors.origins import Origins, parse


@cache
def doors() -> Doors:
    """The doors of this function, made at its first request.

    Raises:
        KeyError: a variable is not set.
    """
    grants = DynamoGrants(dynamodb(), os.environ[TABLE_VARIABLE])
    return Doors(delivery(), now, origins(), Gate(grants, is_closed=os.environ.get(CLOSED_VARIABLE) == "1"))


@cache
def delivery() -> Delivery:
    return Delivery(transform(), sink())


@cache
def transform() -> Transform:
    path = os.environ.get(SETTINGS_VARIABLE)
    return Transform(load(Path(path)) if path else Settings(), keyring(), consents())


@cache
def consents() -> DynamoConsents:
    return DynamoConsents(dynamodb(), os.environ[TABLE_VARIABLE])


@cache
def books() -> "Books":
    return Books(DynamoBooks(dynamodb(), os.environ[LEDGER_VARIABLE]))


@cache
def dynamodb() -> Any:
    return boto3.client("dynamodb")


@cache
def sink() -> FirehoseSink:
    return FirehoseSink(boto3.client("firehose"), os.environ[PREFIX_VARIABLE], books(), now)


@cache
def keyring() -> Keyring:
    """The keys, fetched once: functions that run already take a new one when they start anew."""
    return fetch_keys(boto3.client("ssm"), os.environ[KEYS_VARIABLE])


def fetch_keys(ssm: Any, parameter: str) -> Keyring:
    """The keys as they are now."""
    answer = ssm.get_parameter(Name=parameter, WithDecryption=True)
    return Keyring(parse_keys(answer["Parameter"]["Value"]))


@cache
def origins() -> Origins:
    """Whose pages may send.

    Raises:
        ValueError: one in ``PROMPTLAKE_ALLOWED_ORIGINS`` is none.
    """
    named = os.environ.get(ORIGINS_VARIABLE, "").split(",")
    return Origins(frozenset(parse(origin) for origin in named if origin.strip()))


def now() -> datetime:
    return datetime.now(UTC)


class Books:
    """Counts as metrics embedded in the function's log, which CloudWatch reads at no further call, and for builds."""

    def __init__(self, kept: DynamoBooks) -> None:
        self._kept = kept

    def measure(self, door: str, counts: Counts) -> None:
        """Write metrics."""
        for kind, by_type in counts.items():
            for event_type, count in by_type.items():
                tell(kind, count, dimensions={"event_type": event_type}, beside={"door": door})

    def book(self, door: str, at: datetime, counts: Counts) -> None:
        """Write metrics, and add to what builds will book.

        Raises:
            Unavailable: it can't be added.
        """
        self.keep(door, layout.received_hour(to_us(at)), counts)
        self.measure(door, counts)

    def keep(self, door: str, hour: str, counts: Counts) -> None:
        """Add to what builds will book, without a metric.

        Raises:
            Unavailable: it can't be added.
        """
        self._kept.book(door, hour, counts)
