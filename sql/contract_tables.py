"""What a silver table is where its folder says nothing else: every column of its contract, typed."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ingest.contracts.derive import BronzeType, Column, columns
from ingest.contracts.registry import EVENTS
from ingest.contracts.shape import shape
from sql.checks import Check
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


@cache
def contract_checks(event_type: str) -> tuple[Check, ...]:
    """What a contract says of its fields, as rules: what it requires is there, a choice is one of its words, a number
    within its bounds.

    All of severity ``fail``: no event came past the contract, so a row that breaks it was broken on the way. How long a
    text may be is not held again, because that would read every text once more.
    """
    return tuple(check for column in _columns(event_type) for check in _checks(event_type, column))


def _checks(event_type: str, column: Column) -> Iterator[Check]:
    model, name = EVENTS[event_type], _name(column)
    info = model.model_fields[column.field] if column.field else None
    if column.required and (info is None or info.is_required()):
        yield Check(rule="not_null", column=name, severity="fail")
    if info is None or _is_time(column):
        return
    said = shape(info)
    if said.choices:
        yield Check(rule="in_set", column=name, values=said.choices, severity="fail")
    if said.ge is not None or said.le is not None:
        yield Check(rule="between", column=name, min=said.ge, max=said.le, severity="fail")


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
