"""Ids for rows that have none: the same log gives the same ids, however often and in whatever pieces it comes.

An id is made of the log's identity, what the row says, and how many equal rows came before it in this import. So
equal rows count each for itself, and importing again, or a file that has grown or was renamed, doubles nothing.
"""

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Protocol

import orjson

from ingest.doors.made_ids import digest, made

_BYTES = 16


class Ids(Protocol):
    """Makes an id of a row's content. Both ways give the first of several equal rows the same one."""

    def next_id(self, row: dict[str, Any]) -> str:
        """An id of ``made_ids``; raises ``TypeError`` where the row is nested too deep to be written as JSON."""


class RowIds:
    """Hands out ids for one import command. The ordinals lie in a temporary file, so memory stays flat."""

    def __init__(self, source: str) -> None:
        self._prefix = _prefix(source)
        # An empty name is SQLite's private temporary database: in memory while small, on disk when it grows.
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("CREATE TABLE seen (row BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def next_id(self, row: dict[str, Any]) -> str:
        """An id of ``made_ids``.

        Raises:
            TypeError: the row is nested too deep to be written as JSON.
        """
        content = _digest(self._prefix, row)
        (ordinal,) = self._db.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times", (content,)
        ).fetchone()
        return _numbered(content, ordinal)

    def close(self) -> None:
        """Drop the temporary file."""
        self._db.close()


class ContentIds:
    """Ids of what a client sends and may send again: equal rows are one."""

    def __init__(self, source: str) -> None:
        self._prefix = _prefix(source)

    def next_id(self, row: dict[str, Any]) -> str:
        """An id of ``made_ids``; raises ``TypeError`` where the row is nested too deep to be written as JSON."""
        return _numbered(_digest(self._prefix, row), 1)


def joint_id(source: str, values: Sequence[str]) -> str:
    """The id of a row that several of its values name together."""
    return digest([source, *values])


def element_id(row_id: str, name: str) -> str:
    """The id of one of the events that a row becomes."""
    return digest([row_id, name])


def _prefix(source: str) -> bytes:
    return source.encode() + b"\0"


def _digest(prefix: bytes, row: dict[str, Any]) -> bytes:
    return blake2b(prefix + orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=_BYTES).digest()


def _numbered(content: bytes, ordinal: int) -> str:
    return made(content + b"%d" % ordinal)
