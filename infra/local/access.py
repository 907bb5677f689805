"""The keys that an owner made for senders and readers, in the embedded lake's SQLite file."""

import sqlite3
from pathlib import Path
from threading import Lock
from typing import cast

from infra.local.passing import passing
from ingest.contracts.roles import Role
from ingest.doors.access.grants import Grant, Listed, NewKey, make_key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS access_key (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, role TEXT NOT NULL, environments TEXT NOT NULL, events_per_s REAL,
    note TEXT NOT NULL, made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), revoked_at TEXT,
    holder TEXT NOT NULL DEFAULT ''
) STRICT;
"""
_ADDED = "ALTER TABLE access_key ADD COLUMN holder TEXT NOT NULL DEFAULT ''"
"""For keys that were made before they had holders."""


class SqliteGrants:
    """Keeps the keys. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._lock = Lock()
        self._db.executescript(_SCHEMA)
        columns = [name for _, name, *_ in self._db.execute("PRAGMA table_info(access_key)")]
        if "holder" not in columns:
            self._db.execute(_ADDED)
        self._version = -1
        self._demanded: dict[str, bool] = {}
        self._found: dict[tuple[str, str], Grant] = {}

    def close(self) -> None:
        self._db.close()

    def are_demanded(self, role: Role) -> bool:
        """Whether nobody may act in a role without a key."""
        with self._lock, passing():
            self._forget_if_changed()
            if role not in self._demanded:
                # Revoked ones count: who takes a key away does not mean to let everybody in.
                query = "SELECT 1 FROM access_key WHERE role = ? LIMIT 1"
                self._demanded[role] = self._db.execute(query, (role,)).fetchone() is not None
            return self._demanded[role]

    def find(self, key_id: str, digest: str) -> Grant | None:
        """What a key grants; None where there is none of this id and digest, or it was revoked."""
        with self._lock, passing():
            self._forget_if_changed()
            if (key_id, digest) not in self._found:
                query = """SELECT id, role, environments, events_per_s, holder FROM access_key
                    WHERE id = ? AND digest = ? AND revoked_at IS NULL"""
                row = self._db.execute(query, (key_id, digest)).fetchone()
                if row is None:
                    return None
                self._found[key_id, digest] = _grant(*row)
            return self._found[key_id, digest]

    def add(
        self, role: Role, environments: tuple[str, ...], events_per_s: float | None, note: str, holder: str = ""
    ) -> NewKey:
        """Make a key. Its text is known to nobody afterwards but who is given it."""
        key = make_key()
        values = (key.id, key.digest, role, "\n".join(environments), events_per_s, note, holder)
        with self._lock:
            self._db.execute(
                """INSERT INTO access_key (id, digest, role, environments, events_per_s, note, holder)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                values,
            )
            self._version = -1
        return key

    def revoke(self, key_id: str) -> bool:
        """End a key; False where there is none of this id, or it has ended already."""
        query = """UPDATE access_key SET revoked_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
            WHERE id = ? AND revoked_at IS NULL"""
        with self._lock:
            self._version = -1
            return self._db.execute(query, (key_id,)).rowcount > 0

    def listed(self) -> list[Listed]:
        """All that were ever made, the oldest first."""
        query = """SELECT id, role, environments, events_per_s, holder, note, made_at, revoked_at
            FROM access_key ORDER BY rowid"""
        with self._lock:
            rows = self._db.execute(query).fetchall()
        return [Listed(_grant(*row[:5]), *row[5:]) for row in rows]

    def _forget_if_changed(self) -> None:
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._demanded.clear()
            self._found.clear()


def _grant(key_id: str, role: str, environments: str, events_per_s: float | None, holder: str) -> Grant:
    return Grant(key_id, cast("Role", role), tuple(filter(None, environments.split("\n"))), events_per_s, holder)
