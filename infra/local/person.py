"""All that the embedded lake holds of one person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb
import orjson

from infra.local.lake import Lake
from infra.local.query import open_session
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from transforms.engines.duck_upkeep import note_links, register
from transforms.engines.persons import is_of_person
from transforms.engines.upkeep import Who

_FETCHED_ROWS = 1_000


class Found(NamedTuple):
    """One row of a table."""

    table: str
    row: dict[str, Any]
    """By column; what is null is left out."""


@dataclass(frozen=True)
class Search:
    """Finds a person.

    Args:
        lake: an open lake; what its spool holds is drained first.
        pseudonyms: all that the person was ever stored under.
    """

    lake: Lake
    pseudonyms: Sequence[str]

    def rows(self) -> Iterator[Found]:
        """Every event that names the person, or a browser or session of the person's and of nobody else; and what
        quarantine holds of such.
        """
        db = open_session(self.lake, needs_bronze=True)
        try:
            register(db, Who(frozenset(self.pseudonyms)))
            note_links(db, [f"SELECT user_id, anonymous_id, session_id FROM bronze.{table}" for table in EVENTS])
            for table in (*EVENTS, QUARANTINE_TABLE):
                yield from _found(db, table, is_of_person(table))
        finally:
            db.close()


def _found(db: duckdb.DuckDBPyConnection, table: str, where: str) -> Iterator[Found]:
    cursor = db.cursor().execute(f"SELECT * FROM bronze.{table} WHERE {where} ORDER BY received_at_us")
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(_FETCHED_ROWS):
        for row in rows:
            told = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            if isinstance(told.get("properties"), str):
                told["properties"] = orjson.loads(told["properties"])
            yield Found(table, told)
