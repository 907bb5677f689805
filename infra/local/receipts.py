"""What stays of an erasure: a file in the lake that counts what went, and names nobody."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.lake import Lake
from ingest.contracts import layout
from ingest.delivery.durable import sync_folder
from transforms.jobs.erase import Erasure, receipt
from transforms.jobs.retention import Retention


def write_receipt(lake: Lake, erasure: Erasure, retention: Retention, now: datetime) -> dict[str, Any]:
    """Store the receipt of an erasure, whole or not at all; returns it."""
    document = receipt(erasure, {"ended_at": _iso(now), "gone": _gone(retention, now), "not_searched": _unread(lake)})
    path = receipt_path(lake, erasure)
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".tmp")
    with fresh.open("w") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
    return document


def receipt_path(lake: Lake, erasure: Erasure) -> Path:
    return lake.root / layout.receipt(erasure.erasure)


def _gone(retention: Retention, now: datetime) -> dict[str, str | None]:
    """When the last copies are gone: what readers may still have open, and what was saved elsewhere before."""
    backups = None if retention.backups_days is None else _iso(now + timedelta(days=retention.backups_days))
    return {"snapshots_after": _iso(now + retention.snapshots), "backups_after": backups}


def _unread(lake: Lake) -> list[str]:
    """Files in which nobody can be found, for they can't be read."""
    damaged = [*(lake.root / layout.SPOOL).glob("*.damaged-*"), *(lake.root / layout.DAMAGED).glob("*")]
    return sorted(path.relative_to(lake.root).as_posix() for path in damaged)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
