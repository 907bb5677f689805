"""Whether there is anything to build, asked before the large function is started."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from infra.aws.lake.documents import Documents
from infra.aws.lake.objects import DELIVERED_WITHIN, ObjectLedger, waiting_key
from ingest.contracts import layout
from ingest.contracts.registry import EVENTS
from ingest.delivery.dynamo_books import DynamoBooks
from ingest.doors.lambdas.variables import LEDGER_VARIABLE
from serving.lambdas.variables import BUCKET_VARIABLE
from sql.publication import parsed

MARGIN = timedelta(hours=3)


def handler(_event: dict[str, Any], _context: object) -> dict[str, bool]:
    """Say whether a build has anything to do."""
    client, ledger = boto3.client("dynamodb"), os.environ[LEDGER_VARIABLE]
    return {"is_new": is_new(boto3.client("s3"), client, os.environ[BUCKET_VARIABLE], ledger, datetime.now(UTC))}


def is_new(s3: Any, dynamodb: Any, bucket: str, ledger: str, now: datetime) -> bool:
    """Whether something was counted, found or delivered that no build has taken, or a day is over that no build is
    complete through: one is made a day whatever is new, which says so, lists all of bronze, and takes in withdrawals.
    """
    if _is_old(s3, bucket, now) or _is_counted(dynamodb, ledger) or _is_waiting(dynamodb, ledger):
        return True
    after = f"{now - MARGIN:{layout.HOUR_FORMAT}}"
    known = ObjectLedger(dynamodb, ledger)
    return any(_is_delivered(s3, bucket, known, event_type, after) for event_type in EVENTS)


def _is_old(s3: Any, bucket: str, now: datetime) -> bool:
    try:
        published = parsed(s3.get_object(Bucket=bucket, Key=layout.POINTER)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return True
    if published is None:
        return True
    through = datetime.fromisoformat(published.complete_through).astimezone(UTC)
    return through.date() < (now - DELIVERED_WITHIN).date()


def _is_counted(dynamodb: Any, ledger: str) -> bool:
    return next(DynamoBooks(dynamodb, ledger).counted(), None) is not None


def _is_waiting(dynamodb: Any, ledger: str) -> bool:
    documents = Documents(dynamodb, ledger)
    return any(next(documents.query(waiting_key(event_type)), None) is not None for event_type in EVENTS)


def _is_delivered(s3: Any, bucket: str, ledger: ObjectLedger, event_type: str, hour: str) -> bool:
    """Whether an object lies there that the ledger does not have. Only the latest hours are listed."""
    after = layout.bronze_hour(event_type, hour)
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{layout.bronze_table(event_type)}/", StartAfter=after
    )
    paths = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
    return bool({path for path in paths if path.endswith(layout.BRONZE_SUFFIX)} - ledger.known(event_type, after))
