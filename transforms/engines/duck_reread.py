"""Silver of some days, written anew from bronze.

Which events count was decided when they came: where silver can be read, the same are taken again, and only what is
made of them may differ. Where its files are damaged, the decision is made once more.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from ingest.contracts import layout
from ingest.contracts.instants import to_us
from sql.records import Model
from transforms.engines.duck import WRITTEN_AS, bronze_relation, count, literal, scan, view, with_rows
from transforms.engines.duck_silver import empty_query, over
from transforms.engines.iceberg import Tables
from transforms.engines.upkeep import Change

_DAY_US = 86_400_000_000


def arrival_hours(
    db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, days: Collection[date]
) -> set[str] | None:
    """Hours in which silver's events of some days arrived; None where its files can't be read."""
    try:
        found = db.execute(
            f"SELECT DISTINCT strftime(received_at, '{layout.HOUR_FORMAT}') FROM ({_silver(tables, model, days)})"
        ).fetchall()
    except duckdb.Error:
        return None
    return {hour for (hour,) in found}


def reread(
    db: duckdb.DuckDBPyConnection,
    tables: Tables,
    model: Model,
    days: Sequence[date],
    objects: Sequence[str],
    refused: Sequence[str] | None,
    run: str,
) -> Change:
    """Write silver's events of some days anew.

    Args:
        objects: bronze objects that hold them.
        refused: objects of quarantine, which name the conflicts; given where silver can't be read.
    """
    numbered = ", filename = true, file_row_number = true"
    arrived = bronze_relation(model.name, [tables.root / path for path in objects], numbered)
    if not objects:
        arrived = f"SELECT *, NULL::VARCHAR AS filename, NULL::BIGINT AS file_row_number FROM ({arrived})"
    view(db, "arrived_again", arrived)
    counts = _known(tables, model, days) if refused is None else _judged(tables, model, refused)
    # Of events that arrived twice at once, only one counts.
    first = "row_number() OVER (PARTITION BY event_id ORDER BY received_at_us, filename, file_row_number) = 1"
    written = [
        _write(db, tables.root, model, f"{counts} AND {_during(day)} QUALIFY {first}", day, run) for day in sorted(days)
    ]
    gone = tuple(str(path.relative_to(tables.root)) for path in tables.files(model, days))
    kept = tuple(str(path.relative_to(tables.root)) for path in with_rows(db, written))
    return Change(model.full_name, run, gone, kept, days=tuple(sorted(days)))


def missing(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, change: Change) -> int:
    """Events of silver that bronze does not hold any more, and that the change would lose."""
    written = scan([tables.root / path for path in change.written], empty_query(model))
    return count(
        db,
        f"SELECT count(*) FROM ({_silver(tables, model, change.days)}) ANTI JOIN ({written}) USING (event_id)",
    )


def _silver(tables: Tables, model: Model, days: Collection[date]) -> str:
    return scan(tables.files(model, days), empty_query(model))


def _known(tables: Tables, model: Model, days: Collection[date]) -> str:
    """Rows of bronze that became silver."""
    return f"""SELECT * EXCLUDE (filename, file_row_number) FROM arrived_again AS a
        WHERE EXISTS (SELECT 1 FROM ({_silver(tables, model, days)}) AS s WHERE s.event_id = a.event_id
            AND epoch_us(s.occurred_at) = a.occurred_at_us AND epoch_us(s.received_at) = a.received_at_us)"""


def _judged(tables: Tables, model: Model, refused: Sequence[str]) -> str:
    """Rows of bronze that were not refused for a conflict."""
    conflicts = bronze_relation("quarantine", [tables.root / path for path in refused])
    return f"""SELECT * EXCLUDE (filename, file_row_number) FROM arrived_again AS a
        WHERE NOT EXISTS (SELECT 1 FROM ({conflicts}) AS q WHERE q.stage = 'silver'
            AND q.event_type = {literal(model.name)} AND q.event_id = a.event_id
            AND q.received_at_us = a.received_at_us
            AND CAST(json_extract_string(q.payload, '$.occurred_at_us') AS BIGINT) = a.occurred_at_us)"""


def _during(day: date) -> str:
    start_us = to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return f"occurred_at_us >= {start_us} AND occurred_at_us < {start_us + _DAY_US}"


def _write(db: duckdb.DuckDBPyConnection, root: Path, model: Model, accepted: str, day: date, run: str) -> Path:
    path = root / layout.table_data(model.layer, model.name) / f"day={day}" / f"{run}-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    db.execute(f"COPY ({over(model, accepted)}) TO {literal(str(path))} ({WRITTEN_AS})")
    return path
