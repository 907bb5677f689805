"""A DuckDB session in which the layers stand as schemas, whatever files they are made of."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from ingest.contracts.derive import table_columns
from sql.dialects import to_duckdb
from sql.records import ColumnSpec

_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}

WRITTEN_AS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 2000"
"""How tables are stored. Most bytes are random ids, which neither a higher level nor a larger dictionary makes smaller,
only slower."""

SCHEMAS = ("bronze", "silver", "gold", "operations", "ledger", "price", "metric", "funnel", "consent")


def session(scratch: Path, memory_mb: int = 400, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """An empty session that spills to ``scratch`` beyond ``memory_mb``; all times are UTC."""
    scratch.mkdir(parents=True, exist_ok=True)  # DuckDB makes the last folder of a path, and only once it spills
    db = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(scratch),
            "preserve_insertion_order": False,
            # Each view over files reads what they say of themselves, and views lie over views.
            "parquet_metadata_cache": True,
            "allow_persistent_secrets": False,
            "autoinstall_known_extensions": False,
        },
    )
    db.execute("SET TimeZone = 'UTC'")
    for schema in SCHEMAS:
        db.execute(f"CREATE SCHEMA {schema}")
    return db


def bronze_relation(table: str, paths: Sequence[Path], extra: str = "") -> str:
    """SQL of a bronze table over some of its objects; columns that older objects lack are null."""
    empty = f"SELECT {_nulls(table)} WHERE FALSE"
    if not paths:
        return empty
    scan = f"read_parquet({file_list(paths)}, union_by_name = true, hive_partitioning = false{extra})"
    return f"{empty} UNION ALL BY NAME SELECT * FROM {scan}"


def bronze_refusal(table: str, sentence: str) -> str:
    """SQL of a bronze table that can't be read: whoever reads it gets the sentence as an error."""
    return f"SELECT {_nulls(table)} WHERE error({literal(sentence)}) IS NULL"


def _nulls(table: str) -> str:
    return ", ".join(f"CAST(NULL AS {_TYPES[c.type]}) AS {c.name}" for c in table_columns(table))


def file_list(paths: Iterable[Path]) -> str:
    """Paths as a SQL list of literals."""
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def view(db: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    db.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")


def trino_view(db: duckdb.DuckDBPyConnection, name: str, trino_sql: str) -> None:
    view(db, name, to_duckdb(trino_sql))


def scan(paths: Sequence[Path], empty: str) -> str:
    """SQL over Parquet files of one Iceberg table; ``empty`` gives columns and types where a file has none."""
    if not paths:
        return empty
    files = f"read_parquet({file_list(paths)}, union_by_name = true, hive_partitioning = false)"
    return f"{empty} UNION ALL BY NAME SELECT * FROM {files}"


def empty_rows(columns: Mapping[str, ColumnSpec]) -> str:
    """SQL of a table without a row: its columns and types."""
    typed = (f"CAST(NULL AS {spec.type}) AS {name}" for name, spec in columns.items())
    return f"SELECT {', '.join(typed)} WHERE FALSE"


def count(db: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> int:
    """The one number a query gives. Fetches to the end: a result left unfinished blocks the connection."""
    ((number,),) = db.execute(query, list(parameters)).fetchall()
    return int(number)


def with_rows(db: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> list[Path]:
    """Those of some Parquet files just written that have rows; the others are removed."""
    if not paths:
        return []
    query = f"SELECT file_name FROM parquet_file_metadata({file_list(paths)}) WHERE num_rows = 0"
    empty = {Path(name) for (name,) in db.execute(query).fetchall()}
    for path in empty:
        path.unlink()
    return [path for path in paths if path not in empty]
