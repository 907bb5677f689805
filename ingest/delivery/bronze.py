"""Spooled JSON rows become Parquet objects of bronze, as small as Firehose's readers allow."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from ingest.contracts.derive import DELIVERY_COLUMNS, Column, table_columns

_ARROW = {"string": pa.string(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}
_BLOCK_BYTES = 32 << 20

_RANDOM_IDS = frozenset({"event_id", "trace_id", "span_id", "parent_span_id", "execution_id", "metric_id", "payload"})
"""Columns in which hardly a value comes twice: a dictionary would store each of them and a number besides."""


def arrow_schema(table_or_columns: Sequence[Column]) -> pa.Schema:
    """Arrow schema of bronze columns; descriptions and units travel as field metadata."""
    return pa.schema(
        [
            pa.field(
                c.name,
                _ARROW[c.type],
                nullable=not c.required,
                metadata={"description": c.description, **({"unit": c.unit} if c.unit else {})},
            )
            for c in table_or_columns
        ]
    )


@cache
def _schemas(table: tuple[Column, ...]) -> tuple[pa.Schema, pa.Schema]:
    whole = arrow_schema(table)
    added = {c.name for c in DELIVERY_COLUMNS}
    # Nullable while reading: pyarrow's JSON reader has no notion of a required column.
    spooled = pa.schema([f.with_nullable(True) for f in whole if f.name not in added])
    return spooled, whole


def to_arrow(table: str, door: str, parts: Iterable[tuple[int, int, memoryview]]) -> pa.Table:
    """Rows of one bronze table as Arrow.

    Args:
        table: bronze table.
        door: door they came through.
        parts: arrival time in µs, rows, newline-ended JSON rows; one a batch.
    """
    parts = list(parts)
    spooled, whole = _schemas(table_columns(table))
    body = pa.py_buffer(b"".join(data for _, _, data in parts))
    options = pj.ParseOptions(explicit_schema=spooled, unexpected_field_behavior="error")
    # The JSON reader wants every row to fit into a block, and a row is never longer than its batch.
    read = pj.ReadOptions(block_size=max(_BLOCK_BYTES, *(len(data) for _, _, data in parts)))
    rows = pj.read_json(pa.BufferReader(body), read_options=read, parse_options=options)
    arrived = np.repeat(np.array([us for us, _, _ in parts], np.int64), [n for _, n, _ in parts])
    if rows.num_rows != len(arrived):
        raise ValueError(f"{table}: the spool says {len(arrived)} rows, but holds {rows.num_rows}.")
    added = {"received_at_us": _integers(arrived), "door": _repeated(door, len(arrived))}
    return pa.table(
        [added[f.name] if f.name in added else rows.column(f.name) for f in whole],
        schema=whole,
    )


# `pa.array` and `pa.scalar` import pandas first, to see whether they were given something of it: 0.3 s and 50 MB.
def _integers(values: "np.ndarray[Any, np.dtype[np.int64]]") -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def _repeated(text: str, times: int) -> pa.Array:
    once = text.encode()
    ends = np.arange(times + 1, dtype=np.int32) * len(once)
    return pa.StringArray.from_buffers(times, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(once * times))


def write_parquet(rows: pa.Table, path: Path) -> int:
    """Write and fsync one object; returns its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deltas = {c: "DELTA_BINARY_PACKED" for c in rows.column_names if c.endswith("_us")}
    plain = {c: "PLAIN" for c in rows.column_names if c in _RANDOM_IDS}
    with path.open("wb") as file:
        pq.write_table(
            rows,
            file,
            compression="zstd",
            use_dictionary=[c for c in rows.column_names if c not in deltas and c not in plain],
            column_encoding=deltas | plain,
            write_statistics=[c for c in rows.column_names if c not in plain],
            store_schema=False,
        )
        file.flush()
        os.fsync(file.fileno())
        return file.tell()
