"""Keeps what the gate found, of builds that failed too: they commit nothing, so this is not part of a commit.

One Parquet object a day, replaced as a whole by every build. The caller holds the build lock.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contracts import layout
from sql.operations import GATE_RESULT_COLUMNS
from transforms.quality.result import Result

_TYPES = {"varchar": pa.string(), "bigint": pa.int64(), "timestamp(6)": pa.timestamp("us")}
_SCHEMA = pa.schema([(name, _TYPES[spec.type]) for name, spec in GATE_RESULT_COLUMNS.items()])


def record(root: Path, run: str, at: datetime, results: Sequence[Result]) -> None:
    """Add a build's results to those of its day, all of them or none."""
    if not results:
        return
    moment = at.astimezone(UTC)
    path = root / layout.gate_results(moment.date())
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = pa.Table.from_pylist([_row(run, moment, result) for result in results], schema=_SCHEMA)
    before = [pq.read_table(path, partitioning=None)] if path.exists() else []
    waiting = path.with_suffix(".tmp")
    with waiting.open("wb") as file:
        together = pa.concat_tables([*before, fresh], promote_options="default")
        pq.write_table(together, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)


def _row(run: str, at: datetime, result: Result) -> dict[str, object]:
    return {
        "run": run,
        "checked_at": at.replace(tzinfo=None),
        "table_name": result.table,
        "column_name": ", ".join(result.check.about) or None,
        "rule": result.check.rule,
        "demand": result.check.demand,
        "severity": result.check.severity,
        "outcome": result.outcome,
        "checked_rows": result.rows,
        "broken_rows": result.broken,
        "examples": "; ".join(result.examples) or None,
    }
