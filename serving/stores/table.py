"""The least that a table must do for templates and other records to be kept in it. Only here do SQLite and DynamoDB
differ.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

ITEM_MAX_BYTES = 390_000
"""DynamoDB holds 400 KB in an item, its keys and names included. Elsewhere it is refused too, so that what was kept in
one store can be restored into the other.
"""

WRITE_MAX_ITEMS = 100
"""What DynamoDB takes in one transaction."""

Document = str
"""JSON. A table keeps it as it is and looks at nothing in it."""


class Key(NamedTuple):
    """Where an item is: items of one partition are in the order of ``sort``."""

    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write one item.

    Args:
        key: where.
        document: what.
        revision: the number that a later write of the same item has to know; 0 where none needs to.
        replaces: the revision that must be there now; 0 where nothing may be there; None where that does not matter.
        expires_at_s: seconds since 1970 after which it may go; None keeps it.
    """

    key: Key
    document: Document
    revision: int = 0
    replaces: int | None = None
    expires_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take one item away, if it is there.

    Args:
        key: where.
        replaces: the revision that must be there now; None where that does not matter.
    """

    key: Key
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """Write nothing here, and nothing at all where the item is not at this revision by then."""

    key: Key
    revision: int


@dataclass(frozen=True, slots=True)
class Add:
    """Count on an item, which is nothing but numbers; where there is none, from 0. Its document is JSON of them.

    Many add to the same item at once, and none of it is lost.

    Args:
        key: where.
        amounts: what is added to each number.
        below: what a number must be below before anything is added to it.
        expires_at_s: seconds since 1970 after which the item may go; None leaves it as it is.
    """

    key: Key
    amounts: Mapping[str, int]
    below: Mapping[str, int] = field(default_factory=dict)
    expires_at_s: int | None = None


Write = Put | Delete | Expect | Add


class Lost(Exception):
    """Something else was written meanwhile; nothing of this was."""


class Full(Exception):
    """An item is larger than a store can hold; nothing was written. The message says how large."""


class Unreachable(Exception):
    """The store can't be asked now. Whether a write was done is not known."""


class Table(Protocol):
    """Items by key. What is read is never older than the last write that was answered."""

    def get(self, keys: Collection[Key]) -> Mapping[Key, Document]:
        """Those of the items that are there; at most 100 keys."""

    def query(
        self, partition: str, prefix: str = "", after: str = "", limit: int = 100, *, newest_first: bool = False
    ) -> Sequence[tuple[str, Document]]:
        """Items of a partition whose ``sort`` begins with ``prefix``, in its order or against it, beyond ``after``."""

    def write(self, writes: Sequence[Write], *, lasting: bool = True) -> None:
        """All of it or nothing; at most 100 items, each key once.

        Args:
            writes: what to write.
            lasting: whether a power cut, too, must leave it written; if not, it may be faster.

        Raises:
            Lost: a condition does not hold.
            Full: an item is too large.
        """


def every(
    table: Table, partition: str, prefix: str = "", after: str = "", limit: int = 100
) -> Iterator[tuple[str, Document]]:
    """All items of a partition beyond ``after``, read in pages of ``limit``."""
    while page := table.query(partition, prefix, after, limit):
        yield from page
        after = page[-1][0]


def check_sizes(writes: Sequence[Write]) -> None:
    """Raises ``Full`` for an item that DynamoDB could not hold."""
    for write in writes:
        if isinstance(write, Put) and (size := len(write.document.encode())) > ITEM_MAX_BYTES:
            raise Full(f"It makes {size:,} bytes, and at most {ITEM_MAX_BYTES:,} can be kept")
