"""The buckets in which distributions are counted, so that percentiles add up over days and dimensions.

A whole number stands for itself below 128; above, it stands in a bucket no wider than a 64th of itself, of which the
middle is kept. A percentile read from the counts is off by less than 0.8 %, on every engine alike, for the bounds are
whole numbers and the arithmetic too.
"""

from collections.abc import Iterator

EXACT_BELOW = 128
_DOUBLINGS = 24
RELATIVE_ERROR = 1 / EXACT_BELOW
"""The most by which the middle of a bucket is off a value in it, as a share of the value."""


def bounds() -> Iterator[tuple[int, int]]:
    """Upper bound, and the width of the buckets below it, in order. The last width holds for all beyond, too."""
    for doubling in range(_DOUBLINGS):
        yield EXACT_BELOW << (doubling + 1), 2 << doubling


def middle(value: str) -> str:
    """SQL for the middle of the bucket of a column."""
    *steps, (_, last) = bounds()
    whens = " ".join(f"WHEN {value} < {below} THEN {_of(value, width)}" for below, width in steps)
    return f"CASE WHEN {value} < {EXACT_BELOW} THEN {value} {whens} ELSE {_of(value, last)} END"


def _of(value: str, width: int) -> str:
    return f"{value} - {value} % {width} + {width // 2}"
