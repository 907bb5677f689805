"""What the embedded lake refused, read from bronze and the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import gettempdir
from typing import Literal, NamedTuple

import pyarrow as pa

from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.delivery.quarantine import Refused
from transforms.engines.duck import bronze_relation, session, view

Period = Literal["day", "hour"]
_PERIODS: dict[Period, str] = {"day": "%Y-%m-%d", "hour": layout.HOUR_FORMAT}
_FETCHED_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows are meant; one that names nothing means all."""

    ids: tuple[str, ...] = ()
    event_type: str | None = None
    code: str | None = None
    since: datetime | None = None


class Group(NamedTuple):
    """Refused for the same kind of reason in one period."""

    period: str
    event_type: str
    stage: str
    code: str
    refused: int
    replayed: int
    newest_id: str
    newest_message: str


class Entry(NamedTuple):
    """One refused event, and when a replay took it out of quarantine if one did."""

    refused: Refused
    replayed_at: str | None


class Quarantine:
    """The quarantine of one lake as it stands now; the spool is drained first, so that all acknowledged is seen."""

    def __init__(self, lake: Lake) -> None:
        lake.drain()
        self._root = lake.root
        (objects,) = lake.bronze_objects([QUARANTINE_TABLE]).values()
        self._paths = sorted(str(path.relative_to(lake.root)) for path in objects)
        ledger = lake.ledger()
        try:
            replayed = ledger.replayed_rows()
        finally:
            ledger.close()
        self._db = session(Path(gettempdir()))
        self._register(replayed)

    def close(self) -> None:
        self._db.close()

    def groups(self, chosen: Chosen, period: Period) -> list[Group]:
        """Counts, the newest period first."""
        where, values = self._where(chosen)
        period_of = f"strftime(make_timestamp(received_at_us), '{_PERIODS[period]}')"
        rows = self._db.execute(
            f"""SELECT {period_of}, event_type, stage, code, count(*), count(replayed_at),
                arg_max({{'path': path, 'row': row}}, received_at_us), arg_max(message, received_at_us)
            FROM refused WHERE {where} GROUP BY ALL ORDER BY 1 DESC, 2, 3, 4""",
            values,
        ).fetchall()
        return [
            Group(when, event_type, stage, code, refused, replayed, row_id(**newest), message)
            for when, event_type, stage, code, refused, replayed, newest, message in rows
        ]

    def entries(self, chosen: Chosen, *, oldest_first: bool = False) -> Iterator[Entry]:
        """One by one, the newest first unless said otherwise."""
        where, values = self._where(chosen)
        cursor = self._db.cursor().execute(
            f"""SELECT path, row, received_at_us, door, event_type, event_id, stage, code, message, payload, replayed_at
            FROM refused WHERE {where} ORDER BY received_at_us {"ASC" if oldest_first else "DESC"}, path, row""",
            values,
        )
        while rows := cursor.fetchmany(_FETCHED_ROWS):
            for row in rows:
                yield Entry(Refused(*row[:-1]), row[-1])

    def entry(self, entry_id: str) -> Entry:
        """The one of that id.

        Raises:
            LakeError: there is none.
        """
        return next(self.entries(Chosen((entry_id,))))

    def _register(self, replayed: Sequence[tuple[str, int, str]]) -> None:
        names = ("path", "row", "replayed_at")
        columns = list(zip(*replayed, strict=True)) or [()] * 3
        types = (pa.string(), pa.int64(), pa.string())
        table = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
        self._db.register("replayed_rows", table)
        self._db.execute("CREATE TABLE replayed AS SELECT * FROM replayed_rows")
        objects = [self._root / path for path in self._paths]
        place = f"substr(filename, {len(str(self._root)) + 2})" if objects else "NULL::VARCHAR"
        number = "file_row_number" if objects else "NULL::BIGINT"
        numbered = bronze_relation(QUARANTINE_TABLE, objects, ", filename = true, file_row_number = true")
        view(self._db, "placed", f"SELECT *, {place} AS path, {number} AS row FROM ({numbered})")
        view(
            self._db, "refused", "SELECT p.*, r.replayed_at FROM placed AS p LEFT JOIN replayed AS r USING (path, row)"
        )

    def _where(self, chosen: Chosen) -> tuple[str, list[object]]:
        conditions, values = ["TRUE"], list[object]()
        if chosen.ids:
            places = [self._place(entry_id) for entry_id in chosen.ids]
            conditions.append(f"({' OR '.join(['(path = ? AND row = ?)'] * len(places))})")
            values += [part for place in places for part in place]
        for column, value in (("event_type", chosen.event_type), ("code", chosen.code)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        if chosen.since is not None:
            conditions.append("make_timestamp(received_at_us) >= ?")
            values.append(chosen.since.astimezone(UTC).replace(tzinfo=None))
        return " AND ".join(conditions), values

    def _place(self, entry_id: str) -> tuple[str, int]:
        """Object and row of an id, whose object may be shortened as far as it is the only one that begins so."""
        name, _, number = entry_id.rpartition(":")
        found = [path for path in self._paths if name and _object_name(path).startswith(name)]
        exact = [path for path in found if _object_name(path) == name]
        found = exact or found
        if len(found) > 1:
            raise LakeError(f"{entry_id!a} can mean {len(found)} objects of quarantine; write more of it.")
        if not found or not number.isdecimal() or not self._has(found[0], int(number)):
            raise LakeError(
                f"Quarantine holds no event {entry_id!a}; `promptlake quarantine list --each` gives the ids."
            )
        return found[0], int(number)

    def _has(self, path: str, row: int) -> bool:
        query = "SELECT num_rows FROM parquet_file_metadata(?)"
        ((rows,),) = self._db.execute(query, [str(self._root / path)]).fetchall()
        return row < int(rows)


def row_id(path: str, row: int) -> str:
    """How a row of quarantine is called: hour and name of its object, and its place there."""
    return f"{_object_name(path)}:{row}"


def _object_name(path: str) -> str:
    place = PurePosixPath(path)
    return f"{place.parent.name.partition('=')[2]}/{place.stem}"
