"""Ids for rows that have none: the same log gives the same ids, however often and in whatever pieces it comes.

An id is made of the log's identity, what the row says, and how many equal rows came before it in this import. So
equal rows count each for itself, and importing again, or a file that has grown or was renamed, doubles nothing.
"""

import sqlite3
from hashlib import blake2b
from typing import Any

import orjson

_BYTES = 16


class RowIds:
    """Hands out ids for one import command. The ordinals lie in a temporary file, so memory stays flat."""

    def __init__(self, source: str) -> None:
        self._prefix = source.encode() + b"\0"
        # An empty name is SQLite's private temporary database: in memory while small, on disk when it grows.
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("CREATE TABLE seen (row BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def next_id(self, row: dict[str, Any]) -> str:
        """32 hex digits.

        Raises:
            TypeError: the row is nested too deep to be written as JSON.
        """
        content = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
        digest = blake2b(self._prefix + content, digest_size=_BYTES).digest()
        (ordinal,) = self._db.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times", (digest,)
        ).fetchone()
        return blake2b(digest + b"%d" % ordinal, digest_size=_BYTES).hexdigest()

    def close(self) -> None:
        """Drop the temporary file."""
        self._db.close()
