"""Changes of Iceberg tables, whose files DuckDB writes anew."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import duckdb

from ingest.contracts import layout
from sql.records import Model
from transforms.engines import persons, upkeep
from transforms.engines.duck import WRITTEN_AS, bronze_relation, file_list, literal, scan, with_rows
from transforms.engines.duck_gold import empty_gold
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.upkeep import Change, Found, Who

_AT_ONCE = 30
"""Days that one change puts together."""


def register(db: duckdb.DuckDBPyConnection, who: Who) -> None:
    """The tables of the session that :mod:`transforms.engines.persons` asks."""
    for table, ids in (("person", who.names), ("link", who.links)):
        db.execute(f"CREATE OR REPLACE TABLE {table} (id VARCHAR)")
        if ids:
            db.execute(f"INSERT INTO {table} SELECT unnest(?)", [sorted(ids)])


def note_links(db: duckdb.DuckDBPyConnection, relations: Sequence[str]) -> list[str]:
    """Fill ``link`` from relations that hold events."""
    db.execute(f"CREATE OR REPLACE TABLE link AS {persons.links(f'({relation})' for relation in relations)}")
    return [name for (name,) in db.execute("FROM link ORDER BY id").fetchall()]


def links(
    db: duckdb.DuckDBPyConnection, tables: Tables, silver: Sequence[Model], waiting: Mapping[str, Sequence[str]]
) -> list[str]:
    """See :meth:`transforms.engines.upkeep.Upkeep.links`; ``person`` is registered."""
    known = ", ".join(persons.LINKING)
    return note_links(
        db,
        [
            f"SELECT {known} FROM ({rows})"
            for model in silver
            for rows in (
                scan(tables.files(model), empty_query(model)),
                bronze_relation(model.name, [tables.root / path for path in waiting.get(model.name, ())]),
            )
        ],
    )


def rows_of(db: duckdb.DuckDBPyConnection, root: Path, table: str, objects: Sequence[str]) -> Mapping[str, Found]:
    """See :meth:`transforms.engines.upkeep.Upkeep.rows_of`; the person is registered."""
    if not objects:
        return {}
    numbered = bronze_relation(table, [root / path for path in objects], ", filename = true, file_row_number = true")
    arrival = f"strftime(make_timestamp(received_at_us), '{layout.HOUR_FORMAT}'), door"
    rows = db.execute(
        f"""SELECT filename, {arrival}, list(file_row_number) FROM ({numbered})
        WHERE {persons.is_of_person(table)} GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    found: dict[str, Found] = {}
    for name, hour, door, numbers in rows:
        path = str(Path(name).relative_to(root))
        before = found.get(path, Found((), ()))
        arrived = (*before.arrived, (hour, door, len(numbers)))
        found[path] = Found(tuple(sorted((*before.rows, *numbers))), arrived)
    return found


def take_out(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, run: str) -> Change:
    """See :meth:`transforms.engines.upkeep.Upkeep.take_out`; the person is registered."""
    is_silver = model.layer == layout.SILVER
    condition = persons.is_of_person(model.name) if is_silver else persons.names_person(model)
    return _without(db, tables, model, tables.files(model), condition, run)


def expire(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, first_kept: date, run: str) -> Change:
    """See :meth:`transforms.engines.upkeep.Upkeep.expire`."""
    old = {day for day in tables.days(model) if day < first_kept} if model.partition else None
    files = tables.files(model, old) if old != set() else []
    return _without(db, tables, model, files, f"{_day(model)} < DATE '{first_kept}'", run)


def merges(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, new_run: Callable[[], str]) -> Iterator[Change]:
    """See :meth:`transforms.engines.upkeep.Upkeep.merges`; each change is a run of its own."""
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path, size_bytes in tables.sizes(model).items():
        if size_bytes < upkeep.SMALL_BYTES:
            by_folder[_folder(tables, model, tables.root / path)].append(tables.root / path)
    many = iter([(folder, paths) for folder, paths in sorted(by_folder.items()) if len(paths) > upkeep.SMALL_FILES])
    while some := list(islice(many, _AT_ONCE)):
        run = new_run()
        written = []
        tables.warehouse.fetch(_named(tables, path) for _, paths in some for path in paths)
        for folder, paths in some:
            rows = f"SELECT * FROM ({scan(paths, _empty(model))})"
            order = "" if model.partition else f" ORDER BY {', '.join(model.grain)}"
            written.append(_write(db, rows + order, folder, run))
        yield Change(
            model.full_name,
            run,
            tuple(_named(tables, path) for _, paths in some for path in paths),
            tuple(_named(tables, path) for path in written),
        )


def _without(
    db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, files: Collection[Path], condition: str, run: str
) -> Change:
    """A change by which the rows that meet a condition are gone."""
    if not files:
        return Change(model.full_name, run, (), ())
    view = f"{_empty(model)} UNION ALL BY NAME SELECT * FROM read_parquet({file_list(files)}, union_by_name = true, "
    named = f"{view}filename = true, hive_partitioning = false)"
    arrival = f"strftime(received_at, '{layout.HOUR_FORMAT}'), door" if model.layer == layout.SILVER else "NULL, NULL"
    day = _day(model) if model.partition or model.is_daily else "NULL"
    found = db.execute(
        f"SELECT filename, {day}, {arrival}, count(*) FROM ({named}) WHERE {condition} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    gone = [Path(name) for name in dict.fromkeys(row[0] for row in found)]
    left = []
    for path in gone:
        rows = f"SELECT * FROM ({scan([path], _empty(model))}) WHERE ({condition}) IS NOT TRUE"
        left.append(_write(db, rows, path.parent, run))
    arrived: dict[tuple[str, str], int] = defaultdict(int)
    for _, _, hour, door, rows in found:
        if hour is not None:
            arrived[hour, door] += rows
    return Change(
        model.full_name,
        run,
        tuple(_named(tables, path) for path in gone),
        tuple(_named(tables, path) for path in with_rows(db, left)),
        sum(row[-1] for row in found),
        tuple((hour, door, rows) for (hour, door), rows in sorted(arrived.items())),
        tuple(sorted({row[1] for row in found if row[1] is not None})),
    )


def _write(db: duckdb.DuckDBPyConnection, rows: str, folder: Path, run: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run}-{len(list(folder.glob(f'{run}-*')))}.parquet"
    db.execute(f"COPY ({rows}) TO {literal(str(path))} ({WRITTEN_AS})")
    return path


def _folder(tables: Tables, model: Model, path: Path) -> Path:
    """Files of one day lie in one folder; those of a table that is not by day are all alike."""
    return path.parent if model.partition else tables.root / layout.table_data(model.layer, model.name)


def _named(tables: Tables, path: Path) -> str:
    return str(path.relative_to(tables.root))


def _empty(model: Model) -> str:
    return empty_query(model) if model.layer == layout.SILVER else empty_gold(model)


def _day(model: Model) -> str:
    return "CAST(occurred_at AS DATE)" if model.layer == layout.SILVER else "day"
