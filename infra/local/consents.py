"""What persons decided, in the embedded lake's SQLite file."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, cast

from infra.local.passing import passing
from ingest.contracts.instants import from_us
from ingest.delivery.privacy.consent import Decision, Person, Purpose

_SCHEMA = """
CREATE TABLE IF NOT EXISTS consent_decision (
    id INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    environment TEXT NOT NULL, pseudonym TEXT NOT NULL, purpose TEXT NOT NULL, granted INTEGER NOT NULL,
    decided_at_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS consent (
    environment TEXT NOT NULL, pseudonym TEXT NOT NULL, purpose TEXT NOT NULL, granted INTEGER NOT NULL,
    decided_at_us INTEGER NOT NULL, PRIMARY KEY (environment, pseudonym, purpose)
) STRICT, WITHOUT ROWID;
"""

_LOG = """INSERT INTO consent_decision (environment, pseudonym, purpose, granted, decided_at_us)
    VALUES (?, ?, ?, ?, ?)"""

_DECIDE = """INSERT INTO consent VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET granted = excluded.granted, decided_at_us = excluded.decided_at_us
    WHERE (excluded.decided_at_us, -excluded.granted) > (decided_at_us, -granted)"""


class SqliteConsents:
    """Keeps decisions. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._lock = Lock()
        self._db.executescript(_SCHEMA)
        self._seen_version = -1
        self._is_empty = True

    def close(self) -> None:
        self._db.close()

    def is_empty(self) -> bool:
        """Whether nobody has decided anything yet."""
        with self._lock, passing():
            # What others write raises it; what is written here is noted here.
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
            if self._is_empty and version != self._seen_version:
                self._is_empty = self._db.execute("SELECT 1 FROM consent LIMIT 1").fetchone() is None
                self._seen_version = version
            return self._is_empty

    def record(self, decisions: Collection[Decision]) -> None:
        """Return once they are stored."""
        rows = [(*d.person, d.purpose, int(d.granted), d.decided_at_us) for d in decisions]
        with self._lock, passing():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back whatever went wrong
                self._db.executemany(_LOG, rows)
                self._db.executemany(_DECIDE, rows)
            self._is_empty = self._is_empty and not rows

    def of(self, people: Collection[Person]) -> Mapping[Person, Mapping[Purpose, bool]]:
        """What is in force; persons of whom nothing is known are left out."""
        found: dict[Person, dict[Purpose, bool]] = {}
        query = "SELECT purpose, granted FROM consent WHERE environment = ? AND pseudonym = ?"
        with self._lock, passing():
            for person in people:
                for purpose, granted in self._db.execute(query, person):
                    found.setdefault(person, {})[cast("Purpose", purpose)] = bool(granted)
        return found

    def withdrawn(self, purpose: Purpose) -> Iterator[Person]:
        """Everyone whose latest decision on a purpose is no."""
        query = "SELECT environment, pseudonym FROM consent WHERE purpose = ? AND granted = 0"
        with self._lock:
            rows = self._db.execute(query, (purpose,)).fetchall()
        return (Person(*row) for row in rows)

    def decisions(self, pseudonyms: Collection[str]) -> list[dict[str, Any]]:
        """Every decision that was recorded of a person, the oldest first."""
        marks = ", ".join("?" * len(pseudonyms))
        query = f"""SELECT environment, pseudonym, purpose, granted, decided_at_us, recorded_at FROM consent_decision
            WHERE pseudonym IN ({marks}) ORDER BY id"""
        with self._lock:
            rows = self._db.execute(query, list(pseudonyms)).fetchall()
        return [
            {
                "environment": environment,
                "pseudonym": pseudonym,
                "purpose": purpose,
                "granted": bool(granted),
                "decided_at": from_us(at_us).isoformat(),
                "recorded_at": recorded_at,
            }
            for environment, pseudonym, purpose, granted, at_us, recorded_at in rows
        ]

    def changed_since(self, decision: int, purpose: Purpose) -> tuple[int, list[Person]]:
        """The number of the newest decision, and who has decided on a purpose since that of the given number."""
        query = "SELECT DISTINCT environment, pseudonym FROM consent_decision WHERE id > ? AND purpose = ?"
        with self._lock:
            (newest,) = self._db.execute("SELECT coalesce(max(id), 0) FROM consent_decision").fetchone()
            rows = self._db.execute(query, (decision, purpose)).fetchall()
        return int(newest), [Person(*row) for row in rows]
