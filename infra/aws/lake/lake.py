"""What a build in AWS is wired with: the bucket, the ledger, what persons decided, and the lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3

from infra.aws.lake.ledger import DynamoLedger
from infra.aws.lake.lock import Lease
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.delivery.privacy.dynamo_consents import DynamoConsents
from ingest.doors.lambdas.wiring import LEDGER_VARIABLE, TABLE_VARIABLE
from transforms.engines.bucket import Bucket
from transforms.engines.mirror import Mirror

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
        Mirror(root, Bucket(s3, name, prefix), _for_pyarrow(s3.meta.region_name, environment)),
        DynamoLedger(dynamodb, ledger),
        DynamoConsents(dynamodb, environment[TABLE_VARIABLE]),
        DynamoBooks(dynamodb, ledger),
        Lease(dynamodb, ledger),
    )


def _for_pyarrow(region: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What pyiceberg tells the S3 client of pyarrow, which does not find out by itself as boto3 does."""
    elsewhere = environment.get("AWS_ENDPOINT_URL_S3")
    return {"s3.region": region, **({"s3.endpoint": elsewhere} if elsewhere else {})}


def _place(uri: str) -> tuple[str, str]:
    """Bucket and prefix."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"{LAKE_VARIABLE} must be like s3://bucket/prefix, not {uri!r}.")
    folder = parts.path.strip("/")
    return parts.netloc, f"{folder}/" if folder else ""
