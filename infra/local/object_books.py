"""What the embedded lake knows of the objects of bronze, for those who change them."""

from collections.abc import Iterable, Mapping, Sequence

from infra.local.books import Books
from ingest.delivery.booking import BronzeObject
from ingest.delivery.rewriting import Entry, StoredObject


class ObjectBooks(Books):
    """Implements what a change of bronze needs, see :mod:`ingest.delivery.rewriting`."""

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

    def _replayed_in(self, path: str) -> list[int]:
        rows = self._db.execute("SELECT row FROM replayed_row WHERE object = ? ORDER BY row", (path,)).fetchall()
        return [row for (row,) in rows]

    def _strike(self, paths: Sequence[str]) -> None:
        self._db.executemany("DELETE FROM bronze_object WHERE path = ?", [(path,) for path in paths])
        self._db.executemany("INSERT OR IGNORE INTO removed_object (path) VALUES (?)", [(path,) for path in paths])
