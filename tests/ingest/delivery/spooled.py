"""What the tests of delivery share: batches with known ids, and what became of them in bronze."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from infra.local.lake import Lake
from infra.local.reconcile import counts
from ingest.delivery.outcome import Outcome
from ingest.delivery.spool import SpoolWriter
from tests.steps import transform

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = 65534


def behavior(event_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_type": "behavior",
        "event_id": event_id,
        "occurred_at": "2026-03-01T10:00:00Z",
        "action": "click",
        **fields,
    }


def batch(ids: Iterable[str], **fields: Any) -> Outcome:
    """A batch of behavior events, and one that is refused."""
    return transform([*(behavior(i, **fields) for i in ids), {"event_type": "behavior"}], NOW)


def append(writer: SpoolWriter, *ids: str, **fields: Any) -> int:
    return writer.append("native", batch(ids, **fields))


def segments(lake: Lake) -> list[Path]:
    return sorted((lake.root / "spool").glob("*.seg"))


def bronze(lake: Lake, table: str = "behavior") -> list[dict[str, Any]]:
    """All rows of a bronze table, from its files."""
    files = sorted((lake.root / "bronze" / table).rglob("*.parquet"))
    return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]


def stored_ids(lake: Lake) -> Counter[str]:
    return Counter(row["event_id"] for row in bronze(lake))


def booked(lake: Lake) -> Counter[str]:
    """Events by what was booked of them."""
    ledger = lake.ledger()
    try:
        found = counts(ledger)
    finally:
        ledger.close()
    assert [row for row in found if not row.is_whole] == []
    total: Counter[str] = Counter()
    for row in found:
        for kind in ("received", "bronze", "quarantined", "dropped"):
            total[kind] += getattr(row, kind)
    return +total


def assert_nothing_is_on_its_way(lake: Lake) -> None:
    """Everything was moved and cleared away."""
    # A crash may leave a segment's name in the ledger: names never come again, so it is harmless there.
    assert segments(lake) == []
    assert list((lake.root / "staging").glob("bronze~*")) == []
    ledger = lake.ledger()
    try:
        assert ledger.objects_to_land() == []
    finally:
        ledger.close()


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach; those of pytest are closed to others."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def without_rights() -> Iterator[None]:
    """File permissions mean nothing to root, so root steps down for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
