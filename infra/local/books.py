"""The embedded lake's one SQLite file: what all parts of its memory have in common."""

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ingest.delivery.booking import BronzeObject

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bronze_object (
    path TEXT PRIMARY KEY, event_type TEXT NOT NULL, hour TEXT NOT NULL, door TEXT NOT NULL, rows INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL, landed INTEGER NOT NULL DEFAULT 0, silver_run TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS bronze_object_new ON bronze_object (event_type) WHERE silver_run IS NULL;
CREATE TABLE IF NOT EXISTS booking (
    id INTEGER PRIMARY KEY, booked_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    hour TEXT NOT NULL, event_type TEXT NOT NULL, door TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS drained_segment (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS replayed_row (
    object TEXT NOT NULL, row INTEGER NOT NULL,
    replayed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), PRIMARY KEY (object, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removed_object (
    path TEXT PRIMARY KEY, removed_at_s REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
) STRICT;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Books:
    """Facts and bookings. One instance a thread; several processes at once."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
        # One at a time: SQLite waits for other writers, but not for others that turn the same new file to WAL.
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            # What is struck out, such as a person who is being erased, is not left in free pages.
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:  # commits, or rolls back whatever went wrong
            yield

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_fact(self, name: str, value: str | None) -> None:
        """Remember one thing by name; ``None`` forgets it."""
        if value is None:
            self._db.execute("DELETE FROM fact WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def compact(self) -> None:
        """Give up the space, and the remains, of what was struck out; as far as nobody else is reading just now."""
        self._db.execute("VACUUM")
        self.flush()

    def flush(self) -> None:
        """Leave nothing in the write-ahead log; as far as nobody else is reading just now."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _set_facts(self, facts: Mapping[str, str | None]) -> None:
        for name, value in facts.items():
            self.set_fact(name, value)

    def _add(self, objects: list[BronzeObject]) -> None:
        self._db.executemany(
            "INSERT INTO bronze_object (path, event_type, hour, door, rows, size_bytes) VALUES (?, ?, ?, ?, ?, ?)",
            objects,
        )

    def _book(self, bookings: Iterable[tuple[str, str, str, str, int]]) -> None:
        self._db.executemany(
            "INSERT INTO booking (hour, event_type, door, kind, count) VALUES (?, ?, ?, ?, ?)", list(bookings)
        )
