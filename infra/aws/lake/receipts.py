"""What stays of an erasure in AWS: an object beside the lake's data that counts what went, and names nobody."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.contracts import layout
from transforms.engines.bucket import Bucket
from transforms.jobs.erase import Erasure, receipt
from transforms.jobs.retention import Retention

MAINTAINED_EVERY = timedelta(days=1)
"""How often ``maintain`` is asked to run, which removes the files that an erasure has replaced."""
LIFECYCLE_RUNS = timedelta(days=1)
"""S3 counts days from midnight, and removes what is due once a day."""
TABLES_KEPT = timedelta(days=35)
"""How far DynamoDB's point-in-time recovery can go back, at most."""

_HELD = (layout.BRONZE, layout.SILVER, layout.GOLD, layout.PUBLISH, layout.STAGING)
"""Folders in which a person was, or may have been."""
_SEARCHED = frozenset({*_HELD, layout.OPERATIONS, layout.RECEIPTS})


def write_receipt(bucket: Bucket, erasure: Erasure, retention: Retention, now: datetime) -> dict[str, Any]:
    """Store the receipt of an erasure, whole or not at all; returns it."""
    unsearched = sorted(f"{folder}/" for folder in bucket.folders() if folder not in _SEARCHED)
    told = {"ended_at": _iso(now), "gone": _gone(bucket, retention, now), "not_searched": unsearched}
    document = receipt(erasure, told)
    bucket.replace(layout.receipt(erasure.erasure), json.dumps(document, indent=2).encode() + b"\n")
    return document


def _gone(bucket: Bucket, retention: Retention, now: datetime) -> dict[str, str | None]:
    """From when on nothing is left, by what may still hold it; None where nobody has said that it ends."""
    snapshots = now + retention.snapshots + MAINTAINED_EVERY
    versions = bucket.old_versions_kept(_HELD)
    backups = None if retention.backups_days is None else _iso(now + timedelta(days=retention.backups_days))
    return {
        "snapshots_after": _iso(snapshots),
        "versions_after": None if versions is None else _iso(snapshots + (versions and versions + LIFECYCLE_RUNS)),
        "tables_after": _iso(now + TABLES_KEPT),
        "backups_after": backups,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
