"""What the gate asks of rows that are about to be committed, on whatever engine they are.

A frame of every row would take gigabytes of what a build may have. A rule about single values holds for all rows if it
holds for the values that occur, and bounds hold for all values if they hold for the smallest and the largest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from sql.checks import Check

EXAMPLES = 3


def told(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    """Rows as examples such as ``event_id e1, rating 9``; what is null is left out."""
    pairs = ([f"{n} {v}" for n, v in zip(names, row, strict=True) if v is not None] for row in rows)
    return tuple(", ".join(row) for row in pairs if row)


class Rows(Protocol):
    """Frames have a column for each check, named by the key that the check is given under; in it stands what
    :func:`transforms.quality.expectations.judged` says.
    """

    source: Literal["pandas", "spark"]
    """Which of Great Expectations' sources takes the frames."""

    def count(self) -> int:
        """How many rows there are."""

    def telling(self, checks: Mapping[str, Check]) -> Any:
        """A frame of values on which each check breaks if it breaks on any row; of rules of the table, one row.

        The checks are either about rows or about the table.
        """

    def repeated(self, key: str, check: Check) -> Any | None:
        """A frame of the values that occur more than once, each at least twice, for rules that compare rows; None where
        there are none. A hash may stand for a value.
        """

    def different(self, key: str, check: Check) -> Any:
        """A frame of every value that occurs, once."""

    def broken(self, check: Check, values: Sequence[Any], shown: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """How many rows break a check, and some of them, as :func:`told` has them.

        Args:
            check: about single rows.
            values: of the frames' column, all that break it. Of hashes, only true repetitions count.
            shown: columns that tell the examples, each once.
        """
