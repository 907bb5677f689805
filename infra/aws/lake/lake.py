"""What jobs in AWS are wired with: the bucket, the ledger, what persons decided, and the lock."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from infra.aws.lake.bronze import BucketBronze
from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.lock import Lease
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.delivery.privacy.dynamo_consents import DynamoConsents
from ingest.delivery.privacy.keys import Keyring
from ingest.delivery.privacy.settings import SettingsError, load
from ingest.doors.lambdas.variables import KEYS_VARIABLE, LEDGER_VARIABLE, SETTINGS_VARIABLE, TABLE_VARIABLE
from ingest.doors.lambdas.wiring import fetch_keys
from transforms.engines.bucket import Bucket
from transforms.engines.mirror import Mirror
from transforms.jobs.retention import Retention, RetentionError, read_retention

LAKE_VARIABLE = "PROMPTLAKE_LAKE"
"""Environment variable: where the lake is, such as ``s3://bucket/lake``."""


@dataclass(frozen=True)
class AwsLake:
    """A lake in one account."""

    mirror: Mirror
    ledger: DynamoLedger
    consents: DynamoConsents
    books: DynamoBooks
    lease: Lease
    glue: Any
    """boto3's client, for the catalog's views."""
    keys: Callable[[], Keyring]
    """All that pseudonyms were ever made with, as they are now."""
    retention: Callable[[], Retention]
    """How long the owner wants each layer kept; raises ``SettingsError`` where the settings say what can't be."""

    @property
    def bronze(self) -> BucketBronze:
        return BucketBronze(self.mirror, self.ledger)

    @contextmanager
    def alone(self, for_s: float) -> Iterator[None]:
        """Have the build lock, and of bronze what is in the bucket now. See :meth:`Lease.held`.

        Raises:
            Busy: somebody has it.
        """
        with self.lease.held(for_s):
            self.mirror.forget_bronze()
            self.bronze.land()
            yield


def open_lake(environment: Mapping[str, str], root: Path) -> AwsLake:
    """The lake that the environment names, with ``root`` as its local folder.

    Raises:
        KeyError: a variable is not set.
        ValueError: the lake's place is none.
    """
    name, prefix = _place(environment[LAKE_VARIABLE])
    s3 = boto3.client("s3")
    dynamodb, ledger = boto3.client("dynamodb"), environment[LEDGER_VARIABLE]
    root.mkdir(parents=True, exist_ok=True)
    return AwsLake(
        Mirror(root, Bucket(s3, name, prefix)),
        DynamoLedger(dynamodb, ledger),
        DynamoConsents(dynamodb, environment[TABLE_VARIABLE]),
        DynamoBooks(dynamodb, ledger),
        Lease(dynamodb, ledger),
        boto3.client("glue"),
        partial(_keyring, environment),
        partial(_retention, environment),
    )


def _keyring(environment: Mapping[str, str]) -> Keyring:
    return fetch_keys(boto3.client("ssm"), environment[KEYS_VARIABLE])


def _retention(environment: Mapping[str, str]) -> Retention:
    path = environment.get(SETTINGS_VARIABLE)
    try:
        return read_retention(load(Path(path)).retention if path else {})
    except RetentionError as error:
        raise SettingsError(f"{path}: {error}.") from error


def _place(uri: str) -> tuple[str, str]:
    """Bucket and prefix."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"{LAKE_VARIABLE} must be like s3://bucket/prefix, not {uri!r}.")
    folder = parts.path.strip("/")
    return parts.netloc, f"{folder}/" if folder else ""
