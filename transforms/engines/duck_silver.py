"""Bronze to silver: type, deduplicate, partition by day. Files are written here and committed by the build."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import duckdb

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.instants import to_us
from sql.dialects import to_duckdb
from sql.records import Model
from transforms.engines.dedupe import ARRIVED_HOUR_US, HOUR_US, ID_WINDOW, VERDICTS, conflict_message
from transforms.engines.duck import WRITTEN_AS, bronze_relation, literal, scan, view, with_rows
from transforms.engines.iceberg import Tables
from transforms.engines.protocol import Staged
from transforms.jobs.ledger import Booking

TOGETHER_ROWS = 30_000
"""Days with no more together are written in one pass, which holds the rows of each at once; beyond, day by day."""

_WRITERS = 2

_GROUP = f"CAST(make_timestamp(occurred_at_us) AS DATE), {ARRIVED_HOUR_US}, door"
_Group = tuple[date, int, str, str]
_Arrived = tuple[date, int, str, int]
_Refused = tuple[date, int, str, str, int]

_ACCEPTED = """SELECT b.* EXCLUDE (filename, file_row_number) FROM bronze.{} AS b
    ANTI JOIN rejected AS r ON b.filename = r.file AND b.file_row_number = r.row"""


def empty_query(model: Model) -> str:
    """SQL of the silver table without a row: its columns and types."""
    return f"SELECT * FROM ({over(model, bronze_relation(model.name, []))}) WHERE FALSE"


def over(model: Model, bronze: str) -> str:
    """The model's query with ``bronze`` in the place of its bronze table."""
    return f"WITH arrived AS ({bronze}) " + to_duckdb(model.query.replace(f"bronze.{model.name}", "arrived"))


def stage(db: duckdb.DuckDBPyConnection, model: Model, objects: Sequence[str], tables: Tables, run: str) -> Staged:
    """See :meth:`transforms.engines.protocol.Engine.stage`."""
    paths = [tables.root / path for path in objects]
    numbered = bronze_relation(model.name, paths, ", filename = true, file_row_number = true")
    view(db, f"bronze.{model.name}", numbered)
    arrived = _count(db, model)
    _judge(db, model, tables, sorted({day for day, *_ in arrived}), [str(path) for path in paths])
    refused = _refused(db)
    # Naming the object of every row costs as much as reading it, so only where rows are told apart by it.
    accepted = _ACCEPTED.format(model.name) if refused else bronze_relation(model.name, paths)
    counts = _counts(arrived, refused)
    rows_of: Counter[date] = Counter()
    for (day, _, _, kind), events in counts.items():
        if kind == "silver":
            rows_of[day] += events
    files = _write(db, model, accepted, rows_of, tables.root, run)
    conflicts = tuple(_conflicts(db, model.name, tables.root, run))
    return Staged(model.name, tuple(objects), files, conflicts, _bookings(counts, model.name), tuple(sorted(rows_of)))


def _count(db: duckdb.DuckDBPyConnection, model: Model) -> list[_Arrived]:
    """What arrived."""
    return db.execute(f"SELECT {_GROUP}, count(*) FROM bronze.{model.name} GROUP BY ALL").fetchall()


def _judge(
    db: duckdb.DuckDBPyConnection, model: Model, tables: Tables, days: Sequence[date], names: Sequence[str]
) -> None:
    """Fill ``arrival`` (rows whose id may not be new) and ``rejected`` (those of which it is not)."""
    db.execute(
        "DROP TABLE IF EXISTS rejected; DROP TABLE IF EXISTS arrival; DROP TABLE IF EXISTS suspect; "
        "DROP TYPE IF EXISTS object_name"
    )
    # As an enum, a path of a hundred bytes is a number a row.
    db.execute(f"CREATE TYPE object_name AS ENUM ({', '.join(map(literal, names))})")
    around = {day + timedelta(k) for day in days for k in range(-ID_WINDOW.days, ID_WINDOW.days + 1)}
    view(
        db,
        "known",
        "SELECT event_id, epoch_us(occurred_at) AS occurred_at_us "
        f"FROM ({scan(tables.files(model, around), empty_query(model))})",
    )
    # Most ids are new, which hashes tell without holding a single id.
    db.execute(
        f"""CREATE TABLE suspect AS
        WITH arrived AS (SELECT hash(event_id) AS id_hash FROM bronze.{model.name})
        SELECT id_hash FROM arrived GROUP BY id_hash HAVING count(*) > 1
        UNION SELECT id_hash FROM arrived SEMI JOIN (SELECT hash(event_id) AS id_hash FROM known) USING (id_hash)"""
    )
    db.execute(
        f"""CREATE TABLE arrival AS SELECT event_id, occurred_at_us, received_at_us, door,
        CAST(filename AS object_name) AS file, file_row_number AS row
        FROM bronze.{model.name} WHERE hash(event_id) IN (SELECT id_hash FROM suspect)"""
    )
    db.execute(f"CREATE TABLE rejected AS {VERDICTS}")


def _refused(db: duckdb.DuckDBPyConnection) -> list[_Refused]:
    """What of it is not new, by verdict."""
    return db.execute(
        f"SELECT {_GROUP}, verdict, count(*) FROM arrival JOIN rejected USING (file, row) GROUP BY ALL"
    ).fetchall()


def _counts(arrived: Iterable[_Arrived], refused: Iterable[_Refused]) -> Counter[_Group]:
    """Events by day, hour of arrival, door, and what became of them; only where there are any."""
    counts = Counter({(day, hour_us, door, "silver"): events for day, hour_us, door, events in arrived})
    for day, hour_us, door, verdict, events in refused:
        counts[day, hour_us, door, verdict] += events
        counts[day, hour_us, door, "silver"] -= events
    return +counts


def _bookings(counts: Counter[_Group], event_type: str) -> tuple[Booking, ...]:
    booked: Counter[tuple[int, str, str]] = Counter()
    for (_, hour_us, door, kind), events in counts.items():
        booked[hour_us, door, kind] += events
    return tuple(
        (layout.received_hour(hour_us), event_type, door, kind, events)
        for (hour_us, door, kind), events in sorted(booked.items())
    )


def _write(
    db: duckdb.DuckDBPyConnection, model: Model, accepted: str, rows_of: Mapping[date, int], root: Path, run: str
) -> tuple[str, ...]:
    folder = root / layout.table_data(model.layer, model.name)
    folder.mkdir(parents=True, exist_ok=True)

    def write(number: int, days: tuple[date, ...]) -> None:
        _write_days(db.cursor(), model, accepted, days, folder, f"{run}-{number}-")

    with ThreadPoolExecutor(_WRITERS) as writers:
        # DuckDB writes a file of one row group on one thread, so two at a time. `list` raises what a writer raised.
        list(writers.map(write, count(), _portions(rows_of)))
    # A day of which nothing was new leaves an empty file, or none.
    written = sorted(folder.glob(f"*/{run}-*.parquet"))
    return tuple(str(path.relative_to(root)) for path in with_rows(db, written))


def _portions(rows_of: Mapping[date, int]) -> Iterator[tuple[date, ...]]:
    """Days in a row that are written together."""
    portion: list[date] = []
    for day in sorted(rows_of):
        if portion and sum(rows_of[d] for d in portion) + rows_of[day] > TOGETHER_ROWS:
            yield tuple(portion)
            portion = []
        portion.append(day)
    if portion:
        yield tuple(portion)


def _write_days(
    db: duckdb.DuckDBPyConnection, model: Model, accepted: str, days: Sequence[date], folder: Path, name: str
) -> None:
    during = f"occurred_at_us >= {_start_us(days[0])} AND occurred_at_us < {_start_us(days[-1] + timedelta(1))}"
    rows = over(model, f"SELECT * FROM ({accepted}) WHERE {during}")
    if len(days) == 1:
        path = folder / f"day={days[0]}" / f"{name}0.parquet"
        path.parent.mkdir(exist_ok=True)
        db.execute(f"COPY ({rows}) TO {literal(str(path))} ({WRITTEN_AS})")
    else:
        db.execute(
            f"""COPY (SELECT *, CAST(occurred_at AS DATE) AS day FROM ({rows})) TO {literal(str(folder))}
            ({WRITTEN_AS}, PARTITION_BY (day), OVERWRITE_OR_IGNORE, FILENAME_PATTERN '{name}{{i}}')"""
        )
    db.close()


def _start_us(day: date) -> int:
    return to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _conflicts(db: duckdb.DuckDBPyConnection, event_type: str, root: Path, run: str) -> Iterator[tuple[str, str]]:
    hours = db.execute(
        f"SELECT DISTINCT {ARRIVED_HOUR_US} FROM arrival JOIN rejected USING (file, row) WHERE verdict = 'conflicts'"
    ).fetchall()
    for (hour_us,) in hours:
        hour, name = layout.received_hour(hour_us), f"{run}-{event_type}"
        waiting = f"{layout.refused(hour, name)}.parquet"
        (root / waiting).parent.mkdir(parents=True, exist_ok=True)
        db.execute(
            f"""COPY (
                SELECT a.received_at_us, a.door, {literal(event_type)} AS event_type, a.event_id, 'silver' AS stage,
                    'conflict' AS code, {literal(conflict_message(event_type))} AS message,
                    CAST(to_json(b) AS VARCHAR) AS payload
                FROM arrival AS a JOIN rejected USING (file, row)
                JOIN bronze.{event_type} AS b ON b.filename = a.file AND b.file_row_number = a.row
                WHERE verdict = 'conflicts'
                    AND a.received_at_us >= {hour_us} AND a.received_at_us < {hour_us + HOUR_US}
            ) TO {literal(str(root / waiting))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        yield waiting, layout.bronze_object(QUARANTINE_TABLE, hour, name)
