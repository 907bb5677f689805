"""Small published lakes on disk: rows by table become the Parquet extracts and the pointer that a build leaves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingest.contracts import layout
from sql.catalog import models
from sql.publication import WHOLE, Extract, Part, Publication
from sql.reader import PublishedTables, Reader

ENOUGH = 100
"""People of a row that does not say how many they are: no group of it is folded."""

AS_OF, COMPLETE_THROUGH = "2026-11-20T09:31:07+00:00", "2026-11-20T09:30:00+00:00"
Rows = Sequence[Mapping[str, Any]]


def publish(root: Path, rows: Mapping[str, Rows], complete_through: str = COMPLETE_THROUGH) -> PublishedTables:
    """Publish rows by gold table; a column that a row leaves out is null, or 0 where it counts something; people are
    enough.
    """
    extracts, db = {}, duckdb.connect()
    for name, given in rows.items():
        model = models()[f"gold.{name}"]
        columns, enough = model.columns, {model.people.column: ENOUGH} if model.people else {}
        types = {c: {"timestamp(6)": "TIMESTAMP"}.get(spec.type, spec.type) for c, spec in columns.items()}
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in types.items())})")
        for row in given:
            assert set(row) <= set(columns), f"{name} has no {set(row) - set(columns)}"
            default = {c: 0 if spec.type == "bigint" else None for c, spec in columns.items()}
            values = {**default, **enough, **({"environment": "production"} if "environment" in columns else {}), **row}
            db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", [values[c] for c in columns])
        path = layout.extract("p1", name)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        db.execute(f"COPY {name} TO '{root / path}' (FORMAT parquet)")
        extracts[name] = Extract({WHOLE: Part(path, len(given))})
    publication = Publication("p1", AS_OF, complete_through, extracts)
    (root / layout.POINTER).parent.mkdir(parents=True, exist_ok=True)
    (root / layout.POINTER).write_bytes(publication.to_json())
    return Reader(root).current()
