"""What a silver table is where its folder says nothing else: every column of its contract, typed."""

from ingest.contracts.derive import Column, columns
from ingest.contracts.registry import EVENTS

_TIME = "_at_us"
_MONEY = "US dollars"
_LEFT_IN_BRONZE = frozenset({"schema_version"})
"""Silver is of the newest version, whatever the event's was."""


def contract_columns(event_type: str) -> dict[str, tuple[str, str | None]]:
    """Silver column by name: its description and unit, which are said where the contract field is."""
    return {_name(c): (c.description, "UTC" if _is_time(c) else c.unit) for c in _columns(event_type)}


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


def _expression(column: Column) -> str:
    if _is_time(column):
        return f"CAST(from_unixtime_nanos({column.name} * 1000) AS TIMESTAMP(6)) AS {_name(column)}"
    if column.unit == _MONEY:
        return f"CAST({column.name} AS DECIMAL(38, 12)) AS {column.name}"
    return column.name
