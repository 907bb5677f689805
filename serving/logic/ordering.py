"""Rows in the order that is asked for."""

from collections.abc import Sequence
from typing import Any


def in_order(rows: Sequence[dict[str, Any]], sort: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by columns, the first first; a minus before one turns it round. What has no value comes last either way, and
    rows that are alike stay in the order in which they came.
    """
    found = list(rows)
    for name in reversed(sort):
        column = name.removeprefix("-")
        known = [row for row in found if row.get(column) is not None]
        known.sort(key=lambda row: row[column], reverse=name.startswith("-"))
        found = known + [row for row in found if row.get(column) is None]
    return found
