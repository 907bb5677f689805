"""The embedded lake's memory: which segments were drained, which objects built, what was booked. One SQLite file."""

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.drain import Booking, BronzeObject
from ingest.delivery.rewriting import Entry, StoredObject

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
    path TEXT PRIMARY KEY, removed_at_s REAL NOT NULL DEFAULT (unixepoch('now', 'subsec'))
) STRICT;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class SqliteLedger:
    """Implements what delivery and the jobs ask of a ledger. One instance a thread; several processes at once."""

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

    # Delivery

    def is_drained(self, segment: str) -> bool:
        return self._db.execute("SELECT 1 FROM drained_segment WHERE name = ?", (segment,)).fetchone() is not None

    def commit_drain(self, objects: list[BronzeObject], bookings: list[Booking], segments: list[str]) -> None:
        with self._transaction():
            self._add(objects)
            self._book(bookings)
            self._db.executemany("INSERT INTO drained_segment VALUES (?)", [(name,) for name in segments])

    def drained_until(self, received_us: int) -> int:
        """Remember that all that arrived before is in bronze; returns until when it is, which may be later already."""
        ((until_us,),) = self._db.execute(
            "INSERT INTO fact VALUES ('drained_until_us', ?) ON CONFLICT (name) DO UPDATE "
            "SET value = CAST(max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER)) AS TEXT) RETURNING value",
            (str(received_us),),
        ).fetchall()
        return int(until_us)

    def objects_to_land(self) -> list[str]:
        return [path for (path,) in self._db.execute("SELECT path FROM bronze_object WHERE landed = 0")]

    def landed(self, paths: list[str]) -> None:
        self._db.executemany("UPDATE bronze_object SET landed = 1 WHERE path = ?", [(path,) for path in paths])

    def forget_segments(self, segments: list[str]) -> None:
        self._db.executemany("DELETE FROM drained_segment WHERE name = ?", [(name,) for name in segments])

    # Quarantine

    def commit_replay(
        self, objects: list[BronzeObject], bookings: list[Booking], rows: Iterable[tuple[str, int]]
    ) -> None:
        """In one transaction: name the objects, book the counts, and remember which rows of quarantine they were."""
        with self._transaction():
            self._add(objects)
            self._book(bookings)
            self._db.executemany("INSERT INTO replayed_row (object, row) VALUES (?, ?)", list(rows))

    def is_replayed(self, path: str, row: int) -> bool:
        found = self._db.execute("SELECT 1 FROM replayed_row WHERE object = ? AND row = ?", (path, row)).fetchone()
        return found is not None

    def replayed_rows(self) -> list[tuple[str, int, str]]:
        """Every row of quarantine that a replay took out: object, row and when."""
        return self._db.execute("SELECT object, row, replayed_at FROM replayed_row ORDER BY 1, 2").fetchall()

    # Jobs

    def new_objects(self, event_type: str) -> list[str]:
        """Paths of bronze objects that no silver run has taken, oldest arrival first."""
        rows = self._db.execute(
            "SELECT path FROM bronze_object WHERE event_type = ? AND silver_run IS NULL AND landed = 1 "
            "ORDER BY hour, path",
            (event_type,),
        )
        return [path for (path,) in rows]

    def commit_silver(
        self,
        run: str,
        objects: Iterable[str],
        bookings: Iterable[tuple[str, str, str, str, int]],
        facts: Mapping[str, str | None],
    ) -> None:
        """Strike the objects off, book what became of their rows and remember facts, in one transaction."""
        with self._transaction():
            self._db.executemany(
                "UPDATE bronze_object SET silver_run = ? WHERE path = ?", [(run, path) for path in objects]
            )
            self._book(bookings)
            self._set_facts(facts)

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_fact(self, name: str, value: str | None) -> None:
        """Remember one thing by name; ``None`` forgets it."""
        if value is None:
            self._db.execute("DELETE FROM fact WHERE name = ?", (name,))
        else:
            self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def bookings_and_waiting(
        self,
    ) -> tuple[list[tuple[str, str, str, str, int]], list[tuple[str, str, str, str, int]]]:
        """All that was ever booked, summed by hour, type, door and kind; and, as of the same moment, the bronze
        objects that no silver run took: hour, type, door, path, rows.
        """
        with self._transaction():
            booked = self._db.execute(
                "SELECT hour, event_type, door, kind, sum(count) FROM booking GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            ).fetchall()
            waiting = self._db.execute(
                "SELECT hour, event_type, door, path, rows FROM bronze_object "
                "WHERE silver_run IS NULL AND event_type <> ?",
                (QUARANTINE_TABLE,),
            ).fetchall()
        return booked, waiting

    def last_booking(self) -> int:
        """Number of the newest booking."""
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM booking").fetchone()
        return int(last)

    def stored(self) -> list[tuple[str, int, int, int]]:
        """Bronze by event type: objects, rows, bytes."""
        rows = self._db.execute(
            "SELECT event_type, count(*), sum(rows), sum(size_bytes) FROM bronze_object WHERE landed = 1 "
            "GROUP BY 1 ORDER BY 1"
        )
        return [tuple(row) for row in rows]

    # Upkeep of bronze

    def objects(self, event_type: str) -> list[StoredObject]:
        """What bronze holds of one table, oldest arrival first."""
        rows = self._db.execute(
            "SELECT path, hour, door, rows, size_bytes, silver_run IS NOT NULL FROM bronze_object "
            "WHERE event_type = ? ORDER BY hour, path",
            (event_type,),
        )
        return [
            StoredObject(path, hour, door, count, size_bytes, bool(is_built))
            for path, hour, door, count, size_bytes, is_built in rows
        ]

    def commit_rewrite(
        self,
        path: str,
        size_bytes: int,
        rows_out: Sequence[int],
        bookings: Iterable[Entry],
        facts: Mapping[str, str | None],
    ) -> None:
        """In one transaction: an object waits to be replaced by what is left without some of its rows."""
        with self._transaction():
            self._db.execute(
                "UPDATE bronze_object SET rows = rows - ?, size_bytes = ?, landed = 0 WHERE path = ?",
                (len(rows_out), size_bytes, path),
            )
            out = set(rows_out)
            for old in [row for row in self._replayed_in(path) if row >= min(out, default=0)]:
                if old in out:
                    self._db.execute("DELETE FROM replayed_row WHERE object = ? AND row = ?", (path, old))
                else:  # upwards, so that the place is free
                    place = (old - sum(row < old for row in out), path, old)
                    self._db.execute("UPDATE replayed_row SET row = ? WHERE object = ? AND row = ?", place)
            self._book(bookings)
            self._set_facts(facts)

    def commit_merge(self, whole: BronzeObject, parts: Sequence[StoredObject]) -> None:
        """In one transaction: one object stands for several, whose rows it has in their order."""
        with self._transaction():
            self._add([whole])
            first = 0
            for part in parts:
                self._db.execute(
                    "UPDATE replayed_row SET object = ?, row = row + ? WHERE object = ?", (whole.path, first, part.path)
                )
                first += part.rows
            self._db.execute(
                "UPDATE bronze_object SET silver_run = (SELECT max(silver_run) FROM bronze_object WHERE path = ?) "
                "WHERE path = ?",
                (parts[-1].path, whole.path),
            )
            self._strike([part.path for part in parts])

    def commit_removal(self, paths: Sequence[str], bookings: Iterable[Entry], facts: Mapping[str, str | None]) -> None:
        """In one transaction: objects are no part of bronze any more; their files are to be removed."""
        with self._transaction():
            self._db.executemany("DELETE FROM replayed_row WHERE object = ?", [(path,) for path in paths])
            self._strike(paths)
            self._book(bookings)
            self._set_facts(facts)

    def adopt(self, objects: Iterable[BronzeObject]) -> None:
        """Take note of objects that others have put into bronze."""
        self._db.executemany(
            "INSERT OR IGNORE INTO bronze_object (path, event_type, hour, door, rows, size_bytes, landed) "
            "VALUES (?, ?, ?, ?, ?, ?, 1)",
            list(objects),
        )

    def forget_object(self, path: str, bookings: Iterable[Entry]) -> None:
        """In one transaction: an object is no part of bronze any more, and its file is somebody else's concern."""
        with self._transaction():
            self._db.execute("DELETE FROM replayed_row WHERE object = ?", (path,))
            self._db.execute("DELETE FROM bronze_object WHERE path = ?", (path,))
            self._book(bookings)

    def objects_to_remove(self, struck_before_s: float) -> list[str]:
        """Paths of objects that were struck out before a time in seconds since 1970, and may still lie there."""
        rows = self._db.execute("SELECT path FROM removed_object WHERE removed_at_s <= ?", (struck_before_s,))
        return [path for (path,) in rows]

    def removed(self, paths: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM removed_object WHERE path = ?", [(path,) for path in paths])

    def compact(self) -> None:
        """Give up the space, and the remains, of what was struck out; as far as nobody else is reading just now."""
        self._db.execute("VACUUM")
        self.flush()

    def flush(self) -> None:
        """Leave nothing in the write-ahead log; as far as nobody else is reading just now."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _replayed_in(self, path: str) -> list[int]:
        rows = self._db.execute("SELECT row FROM replayed_row WHERE object = ? ORDER BY row", (path,)).fetchall()
        return [row for (row,) in rows]

    def _strike(self, paths: Sequence[str]) -> None:
        self._db.executemany("DELETE FROM bronze_object WHERE path = ?", [(path,) for path in paths])
        self._db.executemany("INSERT OR IGNORE INTO removed_object (path) VALUES (?)", [(path,) for path in paths])

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
