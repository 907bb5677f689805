"""Engagement: acts of people in browsers, as visits of twelve acts, built whole and with some more of them."""

import subprocess
import sys
import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from infra.local.lake import open_lake
from ingest.contracts import layout
from ingest.contracts.derive import table_columns
from ingest.delivery.drain import Booking, BronzeObject
from tests.bench.measure import Run, measured
from tests.bench.rows import START
from tests.commands import PROMPTLAKE

EVENTS, DAYS, MORE = 10_000_000, 30, 50_000
_OF_A_VISIT = 12
_OBJECT_ROWS = 240_000
_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}

# Hashes of the number stand for chance. `v` is the visit; half of them have a session of the source's own, a third are
# signed in from the start, a third half-way, one in a hundred is a program that says so.
_ACT = """
    SELECT
        1 AS schema_version, 'native' AS door, 'bench' AS environment,
        {start_us} + CAST(v * {step_us} + (i % 12) * 11000000 AS BIGINT) AS occurred_at_us,
        {arrived_us} + i % 3000000000 AS received_at_us,
        lpad(to_hex(hash(i)), 16, '0') || lpad(to_hex(hash(i, 1)), 16, '0') AS event_id,
        'p1-' || lpad(to_hex(hash(hash(v, 2) % {persons}, 7)), 24, '0') AS anonymous_id,
        CASE WHEN hash(v, 3) % 3 = 0 OR hash(v, 3) % 3 = 1 AND i % 12 >= 6
            THEN 'p1-' || lpad(to_hex(hash(hash(v, 2) % {persons}, 9)), 24, '0') END AS user_id,
        CASE WHEN hash(v, 4) % 2 = 0 THEN 'p1-' || lpad(to_hex(hash(v, 8)), 24, '0') END AS session_id,
        CASE i % 12 WHEN 0 THEN 'page_view' WHEN 6 THEN 'page_view' WHEN 3 THEN 'click' WHEN 5 THEN 'feature_used'
            WHEN 11 THEN 'content_created' ELSE 'page_ping' END AS action,
        '/page/' || (hash(i // 6, 5) % 200) AS page,
        lpad(to_hex(hash(i // 6, 6)), 16, '0') AS page_view_id,
        'feature-' || (hash(v, 10) % 40) AS feature,
        CASE WHEN i % 12 IN (5, 11) THEN 'template-' || (hash(v, 11) % 12) END AS template_id,
        CASE WHEN i % 12 IN (5, 11) THEN '3' END AS template_version,
        CASE hash(v, 12) % 3 WHEN 0 THEN 'mobile' ELSE 'desktop' END AS device,
        CASE WHEN hash(v, 13) % 100 = 0 THEN TRUE END AS is_bot,
        CASE WHEN i % 12 NOT IN (0, 3, 5, 6, 11) THEN 10000 END AS engaged_ms,
        CAST(hash(i, 14) % 100 AS DOUBLE) AS scroll_percent,
        CASE WHEN i % 12 = 3 THEN '#button-' || (hash(i, 15) % 30) END AS element,
        CASE WHEN i % 12 = 3 THEN CAST(hash(i, 16) % 1200 AS BIGINT) END AS x_px,
        CASE WHEN i % 12 = 3 THEN CAST(hash(i, 17) % 800 AS BIGINT) END AS y_px,
        CASE WHEN i % 12 = 3 THEN 1200 END AS viewport_width_px,
        CASE WHEN i % 12 = 3 THEN 800 END AS viewport_height_px
    FROM (SELECT i, i // 12 AS v FROM range({low}, {high}) AS t(i)) AS numbered
"""


@dataclass(frozen=True)
class Visits:
    build: Run
    """Everything from bronze to the publication, all tables, process start included."""
    more: Run
    """The same with ``MORE`` new acts of the last day."""


def measure(folder: Path, events: int = EVENTS) -> Visits:
    root = folder / "visits"
    build = [str(PROMPTLAKE), "build", "--quiet", "--lake", str(root)]
    fill(root, events, 0, events - MORE)
    first = measured(build)
    fill(root, events, events - MORE, MORE)
    return Visits(first, measured(build))


def fill(root: Path, events: int, first: int, many: int) -> None:
    """Put ``many`` of ``events`` acts from number ``first`` on into the bronze of a lake, in a process of its own."""
    subprocess.run([sys.executable, "-m", __name__, str(root), *map(str, (events, first, many))], check=True)


def _fill(root: Path, events: int, first: int, many: int) -> None:
    lake = open_lake(root, create=True)
    with closing(lake.ledger()) as ledger, duckdb.connect(config={"threads": 2}) as db:
        objects = [
            _object(db, root, events, low, min(low + _OBJECT_ROWS, first + many))
            for low in range(first, first + many, _OBJECT_ROWS)
        ]
        booked = [Booking(o.hour, o.table, o.door, kind, o.rows) for o in objects for kind in ("received", "bronze")]
        ledger.commit_drain(objects, booked, [])
        ledger.landed([o.path for o in objects])


def _object(db: duckdb.DuckDBPyConnection, root: Path, events: int, low: int, high: int) -> BronzeObject:
    step_us = DAYS * 86_400_000_000 * _OF_A_VISIT // events
    arrived = START + timedelta(microseconds=low // _OF_A_VISIT * step_us)
    hour = arrived.strftime(layout.HOUR_FORMAT)
    path = layout.bronze_object("behavior", hour, uuid.uuid4().hex)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    known = ", ".join(f"NULL AS {c.name}" for c in table_columns("behavior"))
    typed = ", ".join(f"CAST({c.name} AS {_TYPES[c.type]}) AS {c.name}" for c in table_columns("behavior"))
    acts = _ACT.format(
        start_us=int(START.timestamp()) * 1_000_000,
        arrived_us=int(arrived.replace(minute=0, second=0, microsecond=0).timestamp()) * 1_000_000,
        step_us=step_us,
        persons=max(1, events // 400),
        low=low,
        high=high,
    )
    query = f"SELECT {typed} FROM (SELECT {known} WHERE FALSE UNION ALL BY NAME {acts}) ORDER BY event_id"
    options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
    ((rows,),) = db.execute(f"COPY ({query}) TO '{root / path}' ({options})").fetchall()
    return BronzeObject(path, "behavior", hour, "native", rows, (root / path).stat().st_size)


if __name__ == "__main__":
    _fill(Path(sys.argv[1]), *map(int, sys.argv[2:]))
