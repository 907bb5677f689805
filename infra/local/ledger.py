"""The embedded lake's memory: which segments were drained, which objects built, what was booked. One SQLite file."""

from collections.abc import Iterable, Mapping

from infra.local.object_books import ObjectBooks
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.booking import Booking, BronzeObject


class SqliteLedger(ObjectBooks):
    """Implements what delivery and the jobs ask of a ledger. One instance a thread; several processes at once."""

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
