"""Athena's engine where Trino is not: DuckDB over the committed tables."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from sql.catalog import models
from sql.dialects import to_duckdb
from tests.services.athena import Columns, Run
from transforms.engines.duck import session
from transforms.engines.iceberg import Tables
from transforms.engines.warehouse import Warehouse

_TYPES = {
    "HUGEINT": "bigint",
    "VARCHAR": "varchar",
    "DATE": "date",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double",
}


def over(warehouse: Warehouse) -> Run:
    """Queries of gold and silver tables by Glue's catalog."""

    def run(query: str, database: str) -> tuple[Columns, Sequence[Sequence[Any]]]:
        db, tables = session(Path(gettempdir())), Tables(warehouse)
        try:
            for name, model in models().items():
                if table := tables.find(model):
                    db.register(f"{model.name}_arrow", table.scan().to_arrow())
                    db.execute(f"CREATE VIEW {name} AS SELECT * FROM {model.name}_arrow")
            db.execute(f"SET schema = '{database}'")
            result = db.execute(to_duckdb(query))
            columns = [(name, _TYPES.get(str(kind), str(kind).lower())) for name, kind, *_ in result.description or ()]
            return columns, result.fetchall()
        finally:
            tables.close()
            db.close()

    return run
