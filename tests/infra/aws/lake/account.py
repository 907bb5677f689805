"""An account in which a lake lies, and how events come to be in its bronze."""

import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from infra.aws.lake.lake import LAKE_VARIABLE, AwsLake, open_lake
from infra.local.delivering import consents_of
from infra.local.keyring import key_path, open_keys
from infra.local.lake import Lake
from ingest.contracts import layout
from ingest.delivery.booking import Booking
from ingest.delivery.privacy.consent import Decision
from ingest.delivery.privacy.dynamo_consents import DynamoConsents
from ingest.doors.lambdas.variables import KEYS_VARIABLE, LEDGER_VARIABLE, SETTINGS_VARIABLE, TABLE_VARIABLE
from sql.catalog import models
from tests.services import dynamodb, moto
from tests.tables import make_table
from transforms.engines.iceberg import Tables
from transforms.engines.mirror import Mirror

BUCKET, PREFIX = "owner", "lake"
REGION = moto.ACCOUNT["region_name"]
_numbers = count()


@dataclass
class Account:
    """Services that run, and the environment in which everything asks them."""

    moto_url: str
    dynamodb_url: str
    environment: dict[str, str]

    def empty(self) -> None:
        """Forget all that was in the account, and what its owner has set."""
        self.environment.pop(SETTINGS_VARIABLE, None)
        urllib.request.urlopen(urllib.request.Request(f"{self.moto_url}/moto-api/reset", method="POST")).close()  # noqa: S310
        self.s3().create_bucket(Bucket=BUCKET)
        number = next(_numbers)
        for variable in (TABLE_VARIABLE, LEDGER_VARIABLE):
            name = f"{variable.lower()}-{number}"
            make_table(boto3.client("dynamodb", endpoint_url=self.dynamodb_url, **moto.ACCOUNT), name)
            self.environment[variable] = name

    def s3(self) -> Any:
        return moto.client("s3", self.moto_url)

    def take_keys(self, lake: Lake) -> None:
        """Have the keys of another lake, whose events come here."""
        open_keys(lake)
        moto.client("ssm", self.moto_url).put_parameter(
            Name=self.environment[KEYS_VARIABLE],
            Value=key_path(lake).read_text(),
            Type="SecureString",
            Overwrite=True,
        )

    def lake(self, root: Path) -> AwsLake:
        """The lake as a function that has just started sees it; ``root`` is its disk."""
        return open_lake(self.environment, root)

    def deliver(self, lake: Lake) -> None:
        """Bring what an embedded lake was given, as objects and counts, to where Firehose and the doors have it."""
        lake.drain()
        s3, there = self.s3(), set(self.keys(layout.BRONZE))
        for path in sorted((lake.root / layout.BRONZE).rglob("*.parquet")):
            if (key := f"{PREFIX}/{path.relative_to(lake.root).as_posix()}") not in there:
                s3.upload_file(str(path), BUCKET, key)

    def keys(self, folder: str) -> list[str]:
        found = self.s3().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{PREFIX}/{folder}")
        return [entry["Key"] for page in found for entry in page.get("Contents", ())]

    def pointer(self) -> bytes:
        return bytes(self.s3().get_object(Bucket=BUCKET, Key=f"{PREFIX}/{layout.POINTER}")["Body"].read())


def count_at_the_doors(lake: AwsLake, bookings: list[Booking]) -> None:
    """Book what the doors of another lake have counted."""
    for hour, event_type, door, kind, events in bookings:
        if kind in ("received", "quarantined", "dropped", "refused_requests"):
            lake.books.book(door, hour, {kind: {event_type: events}})


def copy_withdrawals(lake: Lake, consents: DynamoConsents) -> None:
    """Record which persons of another lake are not to be analysed."""
    stored = consents_of(lake)
    try:
        consents.record([Decision(person, "analytics", False, 1) for person in stored.withdrawn("analytics")])
    finally:
        stored.close()


@contextmanager
def account() -> Iterator[Account]:
    """Start the services."""
    with moto.moto() as moto_url, dynamodb.dynamodb_local() as dynamodb_url:
        yield Account(
            moto_url,
            dynamodb_url,
            {
                "AWS_ENDPOINT_URL_S3": moto_url,
                "AWS_ENDPOINT_URL_GLUE": moto_url,
                "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url,
                "AWS_ACCESS_KEY_ID": moto.ACCOUNT["aws_access_key_id"],
                "AWS_SECRET_ACCESS_KEY": moto.ACCOUNT["aws_secret_access_key"],
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL_SSM": moto_url,
                KEYS_VARIABLE: "/promptlake/keys",
                LAKE_VARIABLE: f"s3://{BUCKET}/{PREFIX}/",
            },
        )


def table(lake: AwsLake, name: str) -> list[dict[str, Any]]:
    """The rows of a table as Glue and S3 have it, for any reader of Iceberg."""
    with TemporaryDirectory() as fresh, closing(Tables(Mirror(Path(fresh), lake.mirror.bucket))) as tables:
        found = tables.find(models()[name])
        return [] if found is None else in_order(found.scan().to_arrow().to_pylist())


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in an order of their own, whatever reader they come from."""
    return sorted(({name: row[name] for name in sorted(row)} for row in found), key=repr)
