"""What the gate has found, as a build leaves it."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.contracts import layout
from sql.operations import GATE_RESULT_COLUMNS


def gate(lake: Path, run: str, outcome: str) -> None:
    """Write what one run has found on 19 November: a rule of gold.cost_daily, and what became of it."""
    row = {
        "run": run,
        "checked_at": datetime(2026, 11, 19, 9, tzinfo=UTC).replace(tzinfo=None),
        "table_name": "gold.cost_daily",
        "column_name": "cost_usd",
        "rule": "between",
        "demand": "cost_usd must be at least 0",
        "severity": "fail",
        "outcome": outcome,
        "checked_rows": 9,
        "broken_rows": 1,
        "examples": None,
    }
    folder = lake / layout.GATE_RESULTS / "checked_day=2026-11-19"
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    kinds = ", ".join(
        f"{name} {spec.type.replace('timestamp(6)', 'timestamp')}" for name, spec in GATE_RESULT_COLUMNS.items()
    )
    db.execute(f"CREATE TABLE found ({kinds})")
    db.execute(f"INSERT INTO found VALUES ({', '.join('?' * len(row))})", [row[name] for name in GATE_RESULT_COLUMNS])
    db.execute(f"COPY found TO '{folder / f'{run}.parquet'}' (FORMAT parquet)")
