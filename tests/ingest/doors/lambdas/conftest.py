"""Firehose as boto3 sees it: a stream a table, and what each was given."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from ingest.delivery.privacy.keys import KEY_BYTES
from ingest.doors.lambdas import variables, wiring
from tests.tables import make_table

BUCKET, TABLE, LEDGER = "lake", "test", "test-ledger"
KEYS = json.dumps({"keys": [{"key": base64.b64encode(b"k" * KEY_BYTES).decode()}]})


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A stream a table, each writing to the bucket; yields a function that reads what a table's stream was given."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "eu-central-1",
        variables.PREFIX_VARIABLE: "test-",
        variables.KEYS_VARIABLE: "/test/keys",
        variables.TABLE_VARIABLE: TABLE,
        variables.LEDGER_VARIABLE: LEDGER,
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("ssm").put_parameter(Name="/test/keys", Type="SecureString", Value=KEYS)
        for name in (TABLE, LEDGER):
            make_table(boto3.client("dynamodb"), name)
        s3, firehose = boto3.client("s3"), boto3.client("firehose")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for table in (*EVENTS, QUARANTINE_TABLE):
            to_bucket = {
                "RoleARN": "arn:aws:iam::123456789012:role/r",
                "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "Prefix": f"{table}/",
            }
            firehose.create_delivery_stream(
                DeliveryStreamName=f"test-{table}", ExtendedS3DestinationConfiguration=to_bucket
            )

        def rows(table: str) -> list[dict[str, Any]]:
            found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{table}/").get("Contents", [])
            objects = [s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read() for entry in found]
            return [json.loads(line) for document in objects for line in document.splitlines()]

        _forget()
        yield rows
        _forget()


class NoBooks:
    """Keeps no counts."""

    def measure(self, door: str, counts: Any) -> None: ...
    def book(self, door: str, at: datetime, counts: Any) -> None: ...


_MADE = (
    wiring.doors,
    wiring.delivery,
    wiring.transform,
    wiring.sink,
    wiring.keyring,
    wiring.consents,
    wiring.books,
    wiring.dynamodb,
)


def _forget() -> None:
    for made in _MADE:
        made.cache_clear()
