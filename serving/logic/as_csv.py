"""Rows as CSV (RFC 4180), of which no cell is a formula when a spreadsheet opens it."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_SIGNS = "=+-@"
_FORMULA = (*_SIGNS, *(chr(ord(sign) - ord("!") + 0xFF01) for sign in _SIGNS), "\t", "\r", "\n")
"""What makes a spreadsheet compute a text, by OWASP's list: signs, full-width ones too, and breaks."""


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A header and the rows. No value is an empty cell; a number stays as it is, below zero too."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and (value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return value
