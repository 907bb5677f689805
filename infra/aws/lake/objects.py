"""What the ledger in AWS knows of the objects of bronze.

- ``bronze#<table>``, ``<path>``: an object that was found, its rows by hour and door, and its size. Kept until its file
  is removed, so that it is never found again; with the time since when it is no part of bronze, once it is none.
- ``new#<table>``, ``<path>``: its rows by hour and door, until a run has taken it.
- ``ledger``, ``landing``: the object that waits to be replaced by what is left of it.
- ``ledger``, ``taken``: objects that a committed run has taken, and that still stand under ``new#``.
- ``ledger``, ``struck``: objects that are no part of bronze any more, and still stand above as if they were.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

from infra.aws.lake.documents import Item, key
from infra.aws.lake.entries import LEDGER, Entries, Facts
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from ingest.delivery.booking import Booking, BronzeObject

DELIVERED_WITHIN = timedelta(minutes=16)
"""What came so long ago is in bronze: Firehose buffers 15 minutes at most. What it could not deliver for longer, since
S3 did not take it, is a gap in the reconciliation until it is there."""

TAKEN = key(LEDGER, "taken")
_LANDING, _STRUCK = key(LEDGER, "landing"), key(LEDGER, "struck")

_FOUND_AT_ONCE = 40
"""Objects in one transaction, two items each; DynamoDB takes 100."""


class Part(NamedTuple):
    """Rows of an object that arrived in one hour through one door."""

    hour: str
    door: str
    rows: int


class StoredObject(NamedTuple):
    """One object of bronze. Firehose puts rows of several hours and doors into one."""

    path: str
    parts: tuple[Part, ...]
    size_bytes: int
    is_built: bool

    @property
    def hours(self) -> Sequence[str]:
        return sorted({part.hour for part in self.parts})

    @property
    def door(self) -> str:
        return ""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


class ObjectLedger(Entries):
    """Objects found, rewritten and removed."""

    # Found

    def known(self, table: str, after: str) -> set[str]:
        """Paths of the objects of a table that were found, of those that come after a path."""
        return {item["sk"]["S"] for item in self._documents.query(_bronze(table), after)}

    def add(self, objects: Iterable[BronzeObject]) -> None:
        """Remember objects as new and book their rows as bronze, each object whole or not at all.

        An object with rows of several hours or doors is named once for each.
        """
        whole = _by_path(objects)
        for start in range(0, len(whole), _FOUND_AT_ONCE):
            some = whole[start : start + _FOUND_AT_ONCE]
            bookings = [Booking(part.hour, part.table, part.door, "bronze", part.rows) for one in some for part in one]
            self._transact(
                [
                    *(item for one in some for item in (self._put(_seen(one), is_new=True), self._put(_new(one)))),
                    *self._booking(uuid4().hex, bookings),
                ]
            )

    def adopt(self, objects: Iterable[BronzeObject]) -> None:
        """Remember objects that no build waits for; named as for :meth:`add`."""
        self._documents.put(map(_seen, _by_path(objects)))

    def objects(self, table: str) -> list[StoredObject]:
        """What bronze holds of a table, oldest arrival first."""
        self._settle()
        waiting = {item["sk"]["S"] for item in self._documents.query(waiting_key(table))}
        found = (item for item in self._documents.query(_bronze(table)) if "struck_at_s" not in item)
        return [
            StoredObject(path, parts_of(item), int(item["bytes"]["N"]), path not in waiting)
            for item in found
            for path in (item["sk"]["S"],)
        ]

    # Rewritten

    def commit_rewrite(
        self,
        path: str,
        size_bytes: int,
        gone: Iterable[tuple[str, str, int]],
        bookings: Iterable[tuple[str, str, str, str, int]],
        facts: Facts,
    ) -> None:
        """In one transaction: an object waits to be replaced by what is left without some rows, which are told by hour
        and door; book and remember what that means.
        """
        table = layout.bronze_event_type(path)
        item = self._documents.head(key(_bronze(table), path))
        if item is None:
            raise KeyError(f"{path} is no object of bronze.")
        out = {(hour, door): rows for hour, door, rows in gone}
        left = [part._replace(rows=part.rows - out.get((part.hour, part.door), 0)) for part in parts_of(item)]
        size = {"bytes": {"N": str(size_bytes)}}
        waiting = self._documents.head(key(waiting_key(table), path))
        self._commit(
            [
                self._put({**item, **_rows(left), **size}),
                *([] if waiting is None else [self._put({**waiting, **_rows(left)})]),
                self._put(self._documents.prepare(_LANDING, path), is_new=True),
                *self._booking(uuid4().hex, list(bookings)),
            ],
            facts,
        )

    def to_land(self) -> str | None:
        """The object that waits to be replaced, if one does."""
        head = self._documents.head(_LANDING)
        return None if head is None else str(self._documents.value(head))

    def landed(self) -> None:
        self._documents.delete([_LANDING])

    # Removed

    def commit_removal(self, paths: Sequence[str], facts: Facts) -> None:
        """Objects are no part of bronze any more, and remember what that means; all of it or nothing."""
        self._settle()
        struck = self._documents.prepare(_STRUCK, [time.time(), list(paths)])
        self._commit([self._put(struck)], facts)
        self._settle()

    def objects_to_remove(self, struck_before_s: float) -> list[str]:
        """Paths of objects that are no part of bronze since before a time in seconds since 1970."""
        self._settle()
        return [
            item["sk"]["S"]
            for table in (*EVENTS, QUARANTINE_TABLE)
            for item in self._documents.query(_bronze(table))
            if "struck_at_s" in item and float(item["struck_at_s"]["N"]) <= struck_before_s
        ]

    def removed(self, paths: Iterable[str]) -> None:
        """Forget objects whose files are gone."""
        self._documents.delete([key(_bronze(layout.bronze_event_type(path)), path) for path in paths])

    def _settle(self) -> None:
        """Note of each object what the last committed run has taken, or a removal struck out."""
        taken, struck = self._documents.head(TAKEN), self._documents.head(_STRUCK)
        if taken is not None:
            paths: list[str] = self._documents.value(taken)
            self._documents.delete([key(waiting_key(layout.bronze_event_type(path)), path) for path in paths])
            self._documents.forget(taken)
        if struck is not None:
            at_s, out = self._documents.value(struck)
            self._documents.put(_struck(path, at_s) for path in out)
            self._documents.forget(struck)


def waiting_key(table: str) -> str:
    """Partition of the objects that no run has taken."""
    return f"new#{table}"


def parts_of(item: Item) -> tuple[Part, ...]:
    """The rows of an object, as its item says."""
    return tuple(Part(*part) for part in json.loads(item["rows"]["S"]))


def _bronze(table: str) -> str:
    return f"bronze#{table}"


def _by_path(objects: Iterable[BronzeObject]) -> list[list[BronzeObject]]:
    by_path: dict[str, list[BronzeObject]] = defaultdict(list)
    for found in objects:
        by_path[found.path].append(found)
    return list(by_path.values())


def _seen(whole: Sequence[BronzeObject]) -> Item:
    size = {"bytes": {"N": str(whole[0].size_bytes)}}
    return {**key(_bronze(whole[0].table), whole[0].path), **_rows(whole), **size}


def _new(whole: Sequence[BronzeObject]) -> Item:
    return {**key(waiting_key(whole[0].table), whole[0].path), **_rows(whole)}


def _struck(path: str, at_s: float) -> Item:
    return {**key(_bronze(layout.bronze_event_type(path)), path), "struck_at_s": {"N": str(at_s)}}


def _rows(parts: Iterable[BronzeObject | Part]) -> Item:
    return {"rows": {"S": json.dumps([[part.hour, part.door, part.rows] for part in parts])}}
