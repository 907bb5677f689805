"""The table, embedded: one SQLite file."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import time

import orjson

from serving.stores.table import Add, Delete, Document, Expect, Key, Lost, Unreachable, Write, check_sizes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    partition TEXT NOT NULL, sort TEXT NOT NULL, document TEXT NOT NULL, revision INTEGER NOT NULL,
    expires_at_s INTEGER, PRIMARY KEY (partition, sort)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_expiry ON item (expires_at_s) WHERE expires_at_s IS NOT NULL;
"""
_LAST = chr(0x10FFFF)


class SqliteTable:
    """Safe to use from several threads and processes.

    Args:
        path: the file; it is made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, which is opened by whoever needs it first: a full disk is no matter for those who do not.

        Raises:
            Unreachable: it can't be used now.
        """
        with self._lock:
            try:
                self._connection = self._connection or _open(self._path)
                yield self._connection
            except sqlite3.OperationalError as error:
                raise Unreachable(f"The templates' file {self._path.name} can't be used now ({error})") from error

    def get(self, keys: Collection[Key]) -> Mapping[Key, Document]:
        # CROSS JOIN keeps the order: each key that is wanted is looked up, and the table is never read through.
        query = f"""WITH wanted (partition, sort) AS (VALUES {_marks(keys)})
            SELECT item.partition, item.sort, document FROM wanted CROSS JOIN item USING (partition, sort)"""
        with self._opened() as db:
            rows = db.execute(query, [text for key in keys for text in key]).fetchall() if keys else []
        return {Key(partition, sort): document for partition, sort, document in rows}

    def query(
        self, partition: str, prefix: str = "", after: str = "", limit: int = 100, *, newest_first: bool = False
    ) -> Sequence[tuple[str, Document]]:
        last = prefix + _LAST
        beyond, order, after = ("<", "DESC", after or last) if newest_first else (">", "ASC", after)
        query = f"""SELECT sort, document FROM item WHERE partition = ? AND sort >= ? AND sort < ? AND sort {beyond} ?
            ORDER BY sort {order} LIMIT ?"""
        with self._opened() as db:
            return db.execute(query, (partition, prefix, last, after, limit)).fetchall()

    def write(self, writes: Sequence[Write], *, lasting: bool = True) -> None:
        check_sizes(writes)
        with self._opened() as db:
            db.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            with db:  # commits, or rolls back whatever went wrong
                db.execute("DELETE FROM item WHERE expires_at_s < ?", (int(time()),))
                for write in writes:
                    _write(db, write)


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")  # whoever reads waits for nobody
    db.executescript(_SCHEMA)
    return db


def _write(db: sqlite3.Connection, write: Write) -> None:
    if isinstance(write, Add):
        _add(db, write)
        return
    expected = write.revision if isinstance(write, Expect) else write.replaces
    if expected is not None:
        query = "SELECT revision FROM item WHERE partition = ? AND sort = ?"
        found = db.execute(query, write.key).fetchone()
        is_new = expected == 0 and not isinstance(write, Expect)
        if found != (None if is_new else (expected,)):
            raise Lost
    if isinstance(write, Expect):
        return
    if isinstance(write, Delete):
        db.execute("DELETE FROM item WHERE partition = ? AND sort = ?", write.key)
        return
    values = (*write.key, write.document, write.revision, write.expires_at_s)
    db.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?)", values)


def _add(db: sqlite3.Connection, add: Add) -> None:
    query = "SELECT document, expires_at_s FROM item WHERE partition = ? AND sort = ?"
    document, expires_at_s = db.execute(query, add.key).fetchone() or ("{}", None)
    numbers = orjson.loads(document)
    if any(numbers.get(name, 0) >= limit for name, limit in add.below.items()):
        raise Lost
    for name, amount in add.amounts.items():
        numbers[name] = numbers.get(name, 0) + amount
    until_s = expires_at_s if add.expires_at_s is None else add.expires_at_s
    db.execute(
        "INSERT OR REPLACE INTO item VALUES (?, ?, ?, 0, ?)", (*add.key, orjson.dumps(numbers).decode(), until_s)
    )


def _marks(keys: Collection[Key]) -> str:
    return ", ".join(["(?, ?)"] * len(keys))
