"""What a silver table is where its folder says nothing else: every column of its contract, typed."""

from collections.abc import Mapping
from typing import Any

from ingest.contracts.derive import BronzeType, Column, columns
from ingest.contracts.registry import EVENTS
from sql.macros import decimal_of

_TIME = "_at_us"
_MONEY, _MONEY_DIGITS = "US dollars", 12
_LEFT_IN_BRONZE = frozenset({"schema_version"})
"""Silver is of the newest version, whatever the event's was."""

TRINO_TYPES: Mapping[BronzeType, str] = {
    "string": "varchar",
    "bigint": "bigint",
    "double": "double",
    "boolean": "boolean",
}


def contract_columns(event_type: str) -> dict[str, dict[str, Any]]:
    """Silver column by name: its type, unit and description, the latter said where the contract field is."""
    return {_name(c): {"type": _type(c), "unit": _unit(c), "description": c.description} for c in _columns(event_type)}


def contract_query(event_type: str) -> str:
    """Trino SQL from bronze to silver: times as timestamps, money as decimals, all else as it is."""
    selected = ",\n    ".join(_expression(column) for column in _columns(event_type))
    return f"SELECT\n    {selected}\nFROM bronze.{event_type}\n"


def _columns(event_type: str) -> tuple[Column, ...]:
    return tuple(column for column in columns(EVENTS[event_type]) if column.name not in _LEFT_IN_BRONZE)


def _is_time(column: Column) -> bool:
    return column.name.endswith(_TIME)


def _name(column: Column) -> str:
    return column.name.removesuffix("_us") if _is_time(column) else column.name


def _unit(column: Column) -> str | None:
    return "UTC" if _is_time(column) else column.unit


def _type(column: Column) -> str:
    if _is_time(column):
        return "timestamp(6)"
    return f"decimal(38, {_MONEY_DIGITS})" if column.unit == _MONEY else TRINO_TYPES[column.type]


def _expression(column: Column) -> str:
    if _is_time(column):
        return f"CAST(from_unixtime_nanos({column.name} * 1000) AS {_type(column).upper()}) AS {_name(column)}"
    if column.unit == _MONEY:
        return f"CAST({decimal_of(column.name, _MONEY_DIGITS)} AS {_type(column).upper()}) AS {column.name}"
    return column.name
