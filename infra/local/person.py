"""All that the embedded lake holds of one person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb
import orjson

from infra.local.lake import Lake
from infra.local.query import open_session
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.envelope import person_fields
from ingest.contracts.registry import EVENTS
from transforms.engines.duck import literal

_FETCHED_ROWS = 1_000
_LINKS = ("anonymous_id", "session_id")


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
        db = open_session(self.lake)
        try:
            self._note_links(db)
            for table, model in EVENTS.items():
                named = " OR ".join(f"{name} IN (SELECT * FROM person)" for name in person_fields(model))
                linked = " OR ".join(f"{name} IN (SELECT id FROM link)" for name in _LINKS)
                yield from _found(db, table, f"{named} OR (user_id IS NULL AND ({linked}))")
            mentions = " OR ".join(f"contains(payload, {literal(name)})" for name in self.pseudonyms)
            yield from _found(db, QUARANTINE_TABLE, mentions)
        finally:
            db.close()

    def _note_links(self, db: duckdb.DuckDBPyConnection) -> None:
        """``person``: the pseudonyms. ``link``: browsers and sessions in which no other user was ever seen."""
        db.execute("CREATE TABLE person (id VARCHAR)")
        db.executemany("INSERT INTO person VALUES (?)", [[name] for name in self.pseudonyms])
        seen = " UNION ALL ".join(
            f"SELECT user_id, {link} AS id FROM bronze.{table} WHERE user_id IS NOT NULL AND {link} IS NOT NULL"
            for table in EVENTS
            for link in _LINKS
        )
        db.execute(
            f"""CREATE TABLE link AS SELECT id FROM ({seen}) GROUP BY id
            HAVING bool_and(user_id IN (SELECT * FROM person))"""
        )


def _found(db: duckdb.DuckDBPyConnection, table: str, where: str) -> Iterator[Found]:
    cursor = db.cursor().execute(f"SELECT * FROM bronze.{table} WHERE {where} ORDER BY received_at_us")
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(_FETCHED_ROWS):
        for row in rows:
            told = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            if isinstance(told.get("properties"), str):
                told["properties"] = orjson.loads(told["properties"])
            yield Found(table, told)
