"""Rows in the order that is asked for."""

import re
from collections.abc import Sequence
from typing import Any

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def place_of(value: Any) -> tuple[int, Any, str]:
    """Where a value comes in an order: numbers first, by their size though they be written as text, as dimensions are;
    then texts; then what has no value.
    """
    if value is None:
        return 2, 0, ""
    if not isinstance(value, str):
        return 0, value, ""
    return (0, int(value), value) if _WHOLE.fullmatch(value) else (1, 0, value)


def in_order(rows: Sequence[dict[str, Any]], sort: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by columns, the first first; a minus before one turns it round. What has no value comes last either way, and
    rows that are alike stay in the order in which they came.
    """
    found = list(rows)
    for name in reversed(sort):
        column = name.removeprefix("-")
        known = [row for row in found if row.get(column) is not None]
        known.sort(key=lambda row: place_of(row[column]), reverse=name.startswith("-"))
        found = known + [row for row in found if row.get(column) is None]
    return found
