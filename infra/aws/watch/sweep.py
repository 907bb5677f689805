"""What Firehose could not deliver is put back, so that nothing that was received is lost in a folder.

Records that the transform did not answer for lie there as they came: they go into their stream once more. Rows that
could not be converted went through the transform already: they become rows of quarantine, and are booked as such.
"""

import base64
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import orjson

from infra.aws.names import BRONZE_TABLES
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.doors.lambdas import wiring
from ingest.doors.lambdas.metrics import tell
from serving.lambdas.variables import BUCKET_VARIABLE

UNCONVERTED = "format-conversion-failed"
"""Firehose's own name of the folder."""
FAILED_METRIC = "failed_deliveries"
STAGE = "convert"
"""Of a row of quarantine: the step that refused it."""


def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Put back all that lies there; returns how many records, by what becomes of them."""
    done: Counter[str] = Counter()
    s3, bucket = boto3.client("s3"), os.environ[BUCKET_VARIABLE]
    for table in BRONZE_TABLES:
        for key in _keys(s3, bucket, f"{layout.failed(table)}/"):
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            done += _put_back(table, [orjson.loads(line) for line in body.splitlines() if line.strip()], key)
            s3.delete_object(Bucket=bucket, Key=key)  # only once all of it is in a stream
    tell(FAILED_METRIC, done.total())
    return {"again": done["again"], "quarantined": done["quarantined"]}


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            yield str(entry["Key"])


def _put_back(table: str, records: list[dict[str, Any]], key: str) -> Counter[str]:
    if f"/{UNCONVERTED}/" not in key:
        wiring.sink().put(table, (base64.b64decode(record["rawData"]).rstrip(b"\n") for record in records))
        return Counter(again=len(records))
    rows = [(row, record) for record in records for row in _rows(record)]
    refused = [_refused(table, row, record, f"{key}#{place}") for place, (row, record) in enumerate(rows)]
    wiring.sink().put(QUARANTINE_TABLE, (orjson.dumps(row) for row in refused))
    for (hour, door), count in Counter((layout.received_hour(r["received_at_us"]), r["door"]) for r in refused).items():
        if table != QUARANTINE_TABLE:
            wiring.books().keep(door, hour, {"quarantined": {table: count}})
    return Counter(quarantined=len(refused))


def _rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows in a record; what is no JSON is one that has nothing but itself."""
    for line in base64.b64decode(record["rawData"]).splitlines():
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = line.decode(errors="replace")
        yield row if isinstance(row, dict) else {"payload": row}


def _refused(table: str, row: Mapping[str, Any], record: Mapping[str, Any], refusal_key: str) -> dict[str, Any]:
    """A row of quarantine for a row that could not be converted."""
    arrived_ms = int(record.get("arrivalTimestamp") or 0)
    return {
        "received_at_us": row.get("received_at_us", arrived_ms * 1000),
        "door": row.get("door", "firehose"),
        "event_type": table,
        "event_id": row.get("event_id"),
        "refusal_key": refusal_key,
        "stage": STAGE,
        "code": str(record.get("errorCode") or "unconverted"),
        "message": str(record.get("errorMessage") or "Firehose could not convert it to Parquet."),
        "payload": orjson.dumps(dict(row)).decode(),
    }
