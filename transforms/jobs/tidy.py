"""Keeps the tables' own files from growing without end: old snapshots, and files that nothing refers to any more.

What a build replaced, and what a killed build left, lies beside the live files. Both go once they are old enough that
no reader can still be in the middle of them.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.contracts import layout
from sql.catalog import Model, models
from transforms.engines.iceberg import Tables
from transforms.engines.protocol import KEPT_FOR


def tidy(tables: Tables, kept_for: timedelta = KEPT_FOR) -> int:
    """Expire snapshots and remove unreferenced files older than ``kept_for``; returns how many files went.

    The caller holds the build lock, and no run is half committed.
    """
    return sum(_tidy(tables, model, kept_for) for model in models().values())


def _tidy(tables: Tables, model: Model, kept_for: timedelta) -> int:
    table = tables.find(model)
    if table is None:
        return 0
    oldest = datetime.now(UTC) - kept_for
    if any(snapshot.timestamp_ms < oldest.timestamp() * 1000 for snapshot in table.snapshots()[:-1]):
        table.maintenance.expire_snapshots().older_than(oldest).commit()
    live = tables.referenced(model)
    removed = 0
    for path in (tables.root / layout.table(model.layer, model.name)).rglob("*"):
        if path.is_file() and path not in live and _age_s(path) > kept_for.total_seconds():
            path.unlink()
            removed += 1
    return removed


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime
