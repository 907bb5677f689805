"""What models write as one word and every engine reads written out, on the same line.

``BUCKET(x)`` is the middle of the bucket that a whole number is counted in, see :mod:`sql.buckets`. ``EXACT(x)`` is a
double as a DECIMAL with 9 digits: engines that cast it multiply first or round first, and so differ in the last digits
of large values. ``PAGE(x)`` is a page's path without the ids in it, see :mod:`sql.pages`. ``x`` is a column.
"""

import re
from collections.abc import Callable

from sql.buckets import middle
from sql.pages import without_ids


def decimal_of(value: str, digits: int) -> str:
    """A double below 1e15 as a DECIMAL with so many digits, by steps that are exact or the same everywhere."""
    scale = f"1e{digits}"
    whole = f"CAST(CAST(FLOOR({value}) AS BIGINT) AS DECIMAL({digits + 16}, {digits}))"
    rest = f"FLOOR(({value} - FLOOR({value})) * {scale} + 5e-1) / {scale}"
    return f"({whole} + CAST({rest} AS DECIMAL({digits + 1}, {digits})))"


_MACROS: dict[str, Callable[[str], str]] = {
    "BUCKET": middle,
    "EXACT": lambda value: decimal_of(value, 9),
    "PAGE": without_ids,
}
_CALL = re.compile(rf"\b({'|'.join(_MACROS)})\((\w+(?:\.\w+)?)\)", re.IGNORECASE)


def expand(sql: str) -> str:
    """A query with every macro written out; its lines stay what they were."""
    return _CALL.sub(lambda call: _MACROS[call[1].upper()](call[2]), sql)
