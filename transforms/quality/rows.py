"""What the gate asks of rows that are about to be committed, on whatever engine they are.

A frame of every row would take gigabytes of what a build may have. A rule about single values holds for all rows if it
holds for the values that occur, and bounds hold for all values if they hold for the smallest and the largest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sql.checks import Check

EXAMPLES = 3


def told(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    """Rows as examples such as ``event_id e1, rating 9``; what is null is left out."""
    pairs = ([f"{n} {v}" for n, v in zip(names, row, strict=True) if v is not None] for row in rows)
    return tuple(", ".join(row) for row in pairs if row)


class Rows(Protocol):
    """Values are what :func:`transforms.quality.expectations.judged` says of rows."""

    def count(self) -> int:
        """How many rows there are."""

    def telling(self, checks: Mapping[str, Check]) -> dict[str, list[Any]]:
        """By the key of a check, values on which it breaks if it breaks on any row.

        Of a rule of the table, its one value. The checks are either about single rows or about the table.
        """

    def repeated(self, check: Check) -> list[Any]:
        """The values that occur more than once, each twice, for rules that compare rows.

        A hash may stand for a value.
        """

    def different(self, check: Check) -> list[Any]:
        """Every value that occurs, once."""

    def broken(self, check: Check, values: Sequence[Any], shown: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """How many rows break a check, and some of them, as :func:`told` has them.

        Args:
            check: about single rows.
            values: all that break it. Of hashes, only true repetitions count.
            shown: columns that tell the examples, each once.
        """
