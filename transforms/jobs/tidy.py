"""Keeps the tables' own files from growing without end: old snapshots, and files that nothing refers to any more.

What a build replaced, and what a killed build left, lies beside the live files. Both go once they are old enough that
no reader can still be in the middle of them.
"""

from datetime import UTC, datetime, timedelta

from ingest.contracts import layout
from sql.catalog import models
from sql.records import Model
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
    live, stored = tables.referenced(model), tables.warehouse.listed(layout.table(model.layer, model.name))
    left = [file.path for file in stored if file.path not in live and file.age_s > kept_for.total_seconds()]
    tables.warehouse.discard(left)
    return len(left)
