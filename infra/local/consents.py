"""What persons decided, in the embedded lake's SQLite file."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, cast

from infra.local.passing import passing
from ingest.contracts.instants import from_us
from ingest.delivery.privacy.consent import ERASED, Decision, Person, Purpose

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

_FIND = """SELECT c.environment, c.pseudonym, c.purpose, c.granted FROM json_each(?) AS asked
    CROSS JOIN consent AS c ON c.environment = asked.value ->> 0 AND c.pseudonym = asked.value ->> 1"""

_OF_PERSON = "pseudonym IN (SELECT value FROM json_each(?))"
_IN_FORCE = """granted = 0 AND EXISTS (SELECT 1 FROM consent AS c WHERE c.environment = consent_decision.environment
    AND c.pseudonym = consent_decision.pseudonym AND c.purpose = consent_decision.purpose AND c.granted = 0
    AND c.decided_at_us = consent_decision.decided_at_us)"""
"""A withdrawal that the person has not taken back."""

_REMEMBERED_MAX = 100_000


class SqliteConsents:
    """Keeps decisions. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._lock = Lock()
        self._db.execute("PRAGMA secure_delete = ON")  # what is forgotten is not left in free pages
        self._db.executescript(_SCHEMA)
        self._seen_version = -1
        self._newest = 0
        self._known: dict[Person, Mapping[Purpose, bool]] = {}

    def close(self) -> None:
        self._db.close()

    def is_empty(self) -> bool:
        """Whether nobody has decided anything yet."""
        with self._lock, passing():
            self._follow()
            return self._newest == 0

    def _follow(self) -> None:
        """Forget what others may have changed; they raise the version, whatever they write."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version == self._seen_version:
            return
        (newest,) = self._db.execute("SELECT coalesce(max(id), 0) FROM consent_decision").fetchone()
        if newest != self._newest:
            self._known.clear()
        self._seen_version, self._newest = version, newest

    def record(self, decisions: Collection[Decision]) -> None:
        """Return once they are stored."""
        rows = [(*d.person, d.purpose, int(d.granted), d.decided_at_us) for d in decisions]
        with self._lock, passing():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back whatever went wrong
                self._db.executemany(_LOG, rows)
                self._db.executemany(_DECIDE, rows)
            self._seen_version = -1

    def of(self, people: Collection[Person]) -> Mapping[Person, Mapping[Purpose, bool]]:
        """What is in force; persons of whom nothing is known are left out."""
        with self._lock, passing():
            self._follow()
            known = self._known
            if new := [person for person in people if person not in known]:
                if len(known) + len(new) > _REMEMBERED_MAX:
                    known.clear()
                    new = list(people)
                known.update(self._look_up(new))
            return {person: told for person in people if (told := known[person])}

    def _look_up(self, people: Collection[Person]) -> Mapping[Person, Mapping[Purpose, bool]]:
        found: dict[Person, dict[Purpose, bool]] = {person: {} for person in people}
        for environment, pseudonym, purpose, granted in self._db.execute(_FIND, (json.dumps(list(people)),)):
            found[Person(environment, pseudonym)][cast("Purpose", purpose)] = bool(granted)
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

    def kept_of(self, pseudonyms: Collection[str]) -> tuple[int, int]:
        """How many decisions of a person are in the log, and how many of these are withdrawals in force."""
        query = f"SELECT count(*), count(*) FILTER (WHERE {_IN_FORCE}) FROM consent_decision WHERE {_OF_PERSON}"
        with self._lock:
            ((every, in_force),) = self._db.execute(query, (json.dumps(list(pseudonyms)),)).fetchall()
        return every, in_force

    def forget(self, pseudonyms: Collection[str]) -> None:
        """Remove what a person decided, but for withdrawals in force: without these, what arrives later would be
        stored again.
        """
        person = (json.dumps(list(pseudonyms)),)
        with self._lock, passing():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back whatever went wrong
                # First a new last entry: by its number whoever remembers decisions sees that some have changed.
                self._db.execute(_LOG, ("", ERASED, "personalisation", 0, 0))
                self._db.execute(f"DELETE FROM consent_decision WHERE {_OF_PERSON} AND NOT ({_IN_FORCE})", person)
                self._db.execute(f"DELETE FROM consent WHERE {_OF_PERSON} AND granted = 1", person)
            self._seen_version = -1

    def changed_since(self, decision: int, purpose: Purpose) -> tuple[int, list[Person]]:
        """The number of the newest decision, and who has decided on a purpose since that of the given number."""
        query = "SELECT DISTINCT environment, pseudonym FROM consent_decision WHERE id > ? AND purpose = ?"
        with self._lock:
            (newest,) = self._db.execute("SELECT coalesce(max(id), 0) FROM consent_decision").fetchone()
            rows = self._db.execute(query, (decision, purpose)).fetchall()
        return int(newest), [Person(*row) for row in rows]
