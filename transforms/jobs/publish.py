"""Gold to what the API reads: a sorted Parquet extract a table, and one pointer that moves over all at once."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb

from ingest.contracts import layout
from sql.catalog import Model, models
from sql.publication import Extract, Publication, current
from transforms.engines.duck import count, literal, scan
from transforms.engines.iceberg import Tables
from transforms.jobs.gold import empty_gold

KEPT = 3
"""Publications kept besides the current one, for readers that are in the middle of it."""


def publish(
    db: duckdb.DuckDBPyConnection, tables: Tables, changed: Collection[str], run: str, as_of: str, complete_through: str
) -> Publication:
    """Write extracts of the ``changed`` gold tables, then point readers at them and at the unchanged ones."""
    root, before = tables.root, current(tables.root)
    extracts = dict(before.tables) if before else {}
    gold = [model for model in models().values() if model.layer == "gold" and model.published]
    for model in gold:
        known = extracts.get(model.name)
        if model.full_name in changed or known is None or not (root / known.path).exists():
            extracts[model.name] = _extract(db, tables, model, run)
    publication = Publication(run, as_of, complete_through, {m.name: extracts[m.name] for m in gold})
    point_at(root, publication)
    _sweep(root, publication)
    return publication


def point_at(root: Path, publication: Publication) -> None:
    """Replace the pointer; a reader sees the old one or the new one, whole."""
    pointer = root / layout.POINTER
    pointer.parent.mkdir(parents=True, exist_ok=True)
    fresh = pointer.with_suffix(".tmp")
    with fresh.open("wb") as file:
        file.write(publication.to_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(pointer)


def _extract(db: duckdb.DuckDBPyConnection, tables: Tables, model: Model, run: str) -> Extract:
    path = layout.extract(run, model.name)
    (tables.root / path).parent.mkdir(parents=True, exist_ok=True)
    rows = scan(tables.files(model), empty_gold(model))
    db.execute(
        f"COPY (SELECT * FROM ({rows}) ORDER BY {', '.join(model.grain)}) TO {literal(str(tables.root / path))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    return Extract(path, count(db, "SELECT count(*) FROM read_parquet(?)", [str(tables.root / path)]))


def _sweep(root: Path, publication: Publication) -> None:
    in_use = {Path(extract.path).parent.name for extract in publication.tables.values()}
    folders = sorted((p for p in (root / layout.PUBLISH).iterdir() if p.is_dir()), key=lambda p: p.name)
    for folder in folders[:-KEPT]:
        if folder.name not in in_use:
            shutil.rmtree(folder)
