"""Keeps what the gate found, of builds that failed too: they commit nothing, so this is not part of a commit.

One Parquet object a day, replaced as a whole by every build. The caller holds the build lock.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contracts import layout
from sql.operations import GATE_RESULT_COLUMNS
from transforms.engines.store import Store
from transforms.quality.result import Result

_TYPES = {"varchar": pa.string(), "bigint": pa.int64(), "timestamp(6)": pa.timestamp("us")}
_SCHEMA = pa.schema([(name, _TYPES[spec.type]) for name, spec in GATE_RESULT_COLUMNS.items()])


def record(store: Store, run: str, at: datetime, results: Sequence[Result]) -> None:
    """Add a build's results to those of its day, all of them or none."""
    if not results:
        return
    moment = at.astimezone(UTC)
    path = layout.gate_results(moment.date())
    fresh = pa.Table.from_pylist([_row(run, moment, result) for result in results], schema=_SCHEMA)
    stored = store.read(path)
    before = [] if stored is None else [pq.read_table(pa.BufferReader(stored))]
    content = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables([*before, fresh], promote_options="default"), content, compression="zstd")
    store.replace(path, content.getvalue().to_pybytes())


def expire(store: Store, first_kept: date) -> int:
    """Remove the results of the days before one; returns how many."""
    rows = 0
    for path in list(store.below(layout.GATE_RESULTS)):
        content = store.read(path) if layout.gate_results_day(path) < first_kept else None
        if content is not None:
            rows += pq.read_metadata(pa.BufferReader(content)).num_rows
            store.remove(path)
    return rows


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
