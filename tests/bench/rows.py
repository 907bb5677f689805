"""A large bronze, made by a query: executions, feedback on every tenth, three acts of behaviour for every ten.

As the doors would have delivered it, but that nobody validated it, and that each object holds one hour of arrival
however long the time is in which its events occurred.
"""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from infra.local.lake import open_lake
from ingest.contracts import layout
from ingest.contracts.derive import table_columns
from ingest.delivery.booking import Booking, BronzeObject

START = datetime(2026, 6, 1, tzinfo=UTC)
_DOOR = "native"
_OBJECT_ROWS = 250_000
_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
_OF_TEN = {"prompt_execution": 10, "feedback": 1, "behavior": 3}
"""So many events come of ten executions."""

# Hashes of the number stand for chance, so that feedback finds its execution without a join. Five executions in a row
# are a session, which is one person's.
_CHOSEN = """
    1 AS schema_version,
    {start_us} + CAST(i AS BIGINT) * {step_us} AS occurred_at_us,
    {arrived_us} + i % 3000000000 AS received_at_us,
    'native' AS door, 'bench' AS environment, 'feature-' || (hash(i, 1) % 8) AS feature,
    'p1-' || lpad(to_hex(hash(hash(i // 5, 2) % {persons}, 9)), 24, '0') AS user_id,
    'p1-' || lpad(to_hex(hash(i // 5, 8)), 24, '0') AS session_id,
    'template-' || (hash(i, 3) % 12) AS template_id, '3' AS template_version"""
_EXECUTION_ID = (
    "lpad(to_hex(hash({0}, 4)), 16, '0') || lpad(to_hex(hash({0}, 5)), 16, '0')"
    " || '-' || lpad(to_hex(hash({0}, 6)), 16, '0')"
)
_OWN_ID = "lpad(to_hex(hash(i, '{0}')), 16, '0') || lpad(to_hex(hash(i, '{0}', 1)), 16, '0') AS event_id"
_ROWS = {
    "prompt_execution": f"""{_EXECUTION_ID.format("i")} AS event_id,
    event_id[:32] AS trace_id, event_id[34:] AS span_id, 'chat' AS operation,
    CASE hash(i, 10) % 4 WHEN 0 THEN 'anthropic' WHEN 1 THEN 'mistral' ELSE 'openai' END AS provider,
    CASE hash(i, 10) % 4 WHEN 0 THEN 'claude-3-5-sonnet-20241022' WHEN 1 THEN 'mistral-large-latest'
        WHEN 2 THEN 'gpt-4o' ELSE 'gpt-4o-mini' END AS model,
    CASE WHEN hash(i, 11) % 50 = 0 THEN 'error' ELSE 'ok' END AS status,
    CASE WHEN hash(i, 11) % 50 = 0 THEN 'timeout' END AS error_class,
    CAST(10 + hash(i, 12) % 5000 AS BIGINT) AS uncached_input_tokens,
    CAST(1 + hash(i, 13) % 900 AS BIGINT) AS output_tokens,
    CAST(100 * exp(hash(i, 14) % 1000 / 200.0) AS BIGINT) AS latency_ms""",
    "feedback": f"""{_OWN_ID.format("feedback")}, 'rating' AS kind, 1 + hash(i, 15) % 5 AS rating,
    {_EXECUTION_ID.format("i")} AS execution_id""",
    "behavior": f"""{_OWN_ID.format("behavior")}, 'page_view' AS action, '/chat/' || (hash(i, 16) % 40) AS page,
    uuid()::VARCHAR AS page_view_id""",
}


def fill(root: Path, executions: int, days: int, first: int, many: int) -> None:
    """Put ``many`` of ``executions`` from number ``first`` on, all of which spread evenly over ``days`` days, into the
    bronze of a lake, with what belongs to them.

    In a process of its own: a process that is started counts what its parent held as its own peak.
    """
    numbers = map(str, (executions, days, first, many))
    subprocess.run([sys.executable, "-m", __name__, str(root), *numbers], check=True)


def _fill(root: Path, executions: int, days: int, first: int, many: int) -> None:
    lake, step_us = open_lake(root, create=True), days * 86_400_000_000 // executions
    numbers = range(first, first + many)
    with closing(lake.ledger()) as ledger, duckdb.connect(config={"threads": 2}) as db:
        for event_type in _ROWS:
            objects = list(_objects(db, root, event_type, numbers, step_us, max(1, executions // 50)))
            booked = [
                Booking(o.hour, o.table, o.door, kind, o.rows) for o in objects for kind in ("received", "bronze")
            ]
            ledger.commit_drain(objects, booked, [])
            ledger.landed([o.path for o in objects])


def _objects(
    db: duckdb.DuckDBPyConnection, root: Path, event_type: str, numbers: range, step_us: int, persons: int
) -> Iterator[BronzeObject]:
    of_ten = _OF_TEN[event_type]
    start_us = int(START.timestamp()) * 1_000_000
    known = ", ".join(f"NULL AS {c.name}" for c in table_columns(event_type))
    typed = ", ".join(f"CAST({c.name} AS {_TYPES[c.type]}) AS {c.name}" for c in table_columns(event_type))
    for low in range(numbers.start, numbers.stop, _OBJECT_ROWS * 10 // of_ten):
        high = min(low + _OBJECT_ROWS * 10 // of_ten, numbers.stop)
        arrived = START + timedelta(microseconds=low * step_us)
        hour = arrived.strftime(layout.HOUR_FORMAT)
        arrived_us = int(datetime.strptime(hour, layout.HOUR_FORMAT).replace(tzinfo=UTC).timestamp()) * 1_000_000
        chosen = _CHOSEN.format(start_us=start_us, arrived_us=arrived_us, step_us=step_us, persons=persons)
        path = layout.bronze_object(event_type, hour, uuid.uuid4().hex)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        ((rows,),) = db.execute(
            f"""COPY (SELECT {typed} FROM (
                SELECT {known} WHERE FALSE UNION ALL BY NAME
                SELECT {_ROWS[event_type]}, {chosen} FROM range({low}, {high}) AS t(i) WHERE i % 10 < {of_ten}
            ) ORDER BY event_id)
            TO '{root / path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"""
        ).fetchall()
        yield BronzeObject(path, event_type, hour, _DOOR, rows, (root / path).stat().st_size)


if __name__ == "__main__":
    _fill(Path(sys.argv[1]), *map(int, sys.argv[2:]))
