"""Tables that the lake keeps about itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ingest.contracts import layout
from sql.records import ColumnSpec

GATE_RESULTS = "operations.gate_results"

_TEXT, _COUNT = "varchar", "bigint"

GATE_RESULT_COLUMNS: Mapping[str, ColumnSpec] = MappingProxyType(
    {
        "run": ColumnSpec(type=_TEXT, description="Build that asked, or backfill; runs sort by age"),
        "checked_at": ColumnSpec(type="timestamp(6)", unit="UTC", description="When it asked"),
        "table_name": ColumnSpec(type=_TEXT, description="Table that was about to be committed"),
        "column_name": ColumnSpec(type=_TEXT, description="Columns the rule is about; null where it is about rows"),
        "rule": ColumnSpec(type=_TEXT, description="Kind of rule"),
        "demand": ColumnSpec(type=_TEXT, description="What must hold, in words"),
        "severity": ColumnSpec(type=_TEXT, description="fail keeps the last good state in place, warn tells"),
        "outcome": ColumnSpec(type=_TEXT, description="passed, warned or failed"),
        "checked_rows": ColumnSpec(type=_COUNT, unit="rows", description="Rows that were about to be committed"),
        "broken_rows": ColumnSpec(type=_COUNT, unit="rows", description="Of these, breaking the rule"),
        "examples": ColumnSpec(type=_TEXT, description="Some of them by their grain, without what points to a person"),
    }
)
"""What every build found: a row a rule of a table, kept whether the build was committed or not. A backfill asks of some
days at a time, and has a row for each time."""

_GLUE = {"varchar": "string", "bigint": "bigint", "timestamp(6)": "timestamp"}


def gate_results_table() -> dict[str, Any]:
    """What follows from this of Glue's ``TableInput``; where the objects lie is for the wiring to add.

    Its days are not listed, but projected.
    """
    key = f"projection.{layout.DAY_KEY}"
    return {
        "Name": GATE_RESULTS.partition(".")[2],
        "Description": "What every build found",
        "StorageDescriptor": {
            "Columns": [
                {"Name": name, "Type": _GLUE[spec.type], "Comment": spec.description}
                for name, spec in GATE_RESULT_COLUMNS.items()
            ]
        },
        "PartitionKeys": [{"Name": layout.DAY_KEY, "Type": "date", "Comment": "UTC day on which it asked"}],
        "Parameters": {
            "classification": "parquet",
            "projection.enabled": "true",
            f"{key}.type": "date",
            f"{key}.format": layout.PROJECTION_DAY_FORMAT,
            f"{key}.range": f"{layout.PROJECTED_FROM},NOW",
        },
    }
