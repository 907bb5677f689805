"""Reads what was last published. A reader holds one publication whole, so that no answer mixes two."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from ingest.contracts import layout
from sql.catalog import CatalogError, models
from sql.compile import metric_query, tables_that_answer
from sql.dialects import to_duckdb
from sql.periods import BY_DAY, Periods
from sql.publication import NothingPublished as NothingPublished
from sql.publication import Publication, read_publication
from sql.records import Model


class PublishedTables:
    """The gold tables of one publication, in memory. Safe to use from several threads."""

    def __init__(self, root: Path, publication: Publication) -> None:
        import duckdb  # a quarter of a second that only a read must pay

        self.publication = publication
        self._db = duckdb.connect(":memory:", config={"threads": 2})
        self._db.execute("SET TimeZone = 'UTC'")
        self._db.execute("CREATE SCHEMA gold")
        for name, model in ((m.name, m) for m in models().values() if m.layer == "gold"):
            self._load(root, name, model)
        # No query of ours reads anything else; what should ever slip through reads no file and asks no network.
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    def rows(self, trino_sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one query of ours over ``gold.*``; values come in as ``?`` parameters only."""
        cursor = self._db.cursor()
        try:
            cursor.execute(to_duckdb(trino_sql), list(parameters))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def metrics(
        self,
        names: Sequence[str],
        group_by: Sequence[str] = (),
        where: str | None = None,
        parameters: Sequence[Any] = (),
        periods: Periods = BY_DAY,
        at_most: int | None = None,
    ) -> list[dict[str, Any]]:
        """Values of metrics of one table, a row a group; see :func:`sql.compile.metric_query`.

        They are read from the table with the fewest rows that has the answer, and no more than ``at_most`` of them.

        Raises:
            CatalogError: the metrics' table is not published, or one of the reasons of ``metric_query``.
        """
        own, *rollups = tables_that_answer(names, group_by, where)
        if not own.published:
            raise CatalogError(
                f"{names[0]} is a metric of {own.full_name}, which is not published; query the lake for it."
            )
        published = [model for model in (own, *rollups) if model.name in self.publication.tables]
        smallest = min(published, key=lambda model: self.publication.tables[model.name].rows, default=own)
        query = metric_query(names, group_by, where, table=smallest, periods=periods)
        return self.rows(query if at_most is None else f"{query} LIMIT {at_most}", parameters)

    def close(self) -> None:
        self._db.close()

    def _load(self, root: Path, name: str, model: Model) -> None:
        types = ", ".join(f"{column} {_duckdb_type(spec.type)}" for column, spec in model.columns.items())
        self._db.execute(f"CREATE TABLE gold.{name} ({types})")
        extract = self.publication.tables.get(name)
        if extract is not None and extract.parts:
            # Parts of different age differ by columns that the model has gained or lost; the folder's name is none.
            self._db.execute(
                f"INSERT INTO gold.{name} SELECT {', '.join(model.columns)} FROM (SELECT * FROM gold.{name} UNION ALL "
                "BY NAME SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false))",
                [[str(root / path) for path in extract.paths]],
            )


class Reader:
    """Follows the pointer: hands out the newest publication, opened once."""

    def __init__(
        self, root: Path, open_tables: Callable[[Path, Publication], PublishedTables] = PublishedTables
    ) -> None:
        self._root, self._open = root, open_tables
        self._current: PublishedTables | None = None
        self._lock = Lock()

    def current(self) -> PublishedTables:
        """The tables last published.

        Raises:
            NothingPublished: no build has finished yet, or its pointer can't be read.
        """
        with self._lock:
            # Read in turn: two threads that saw different pointers would open each other's again.
            publication = self._pointer()
            if self._current is None or self._current.publication != publication:
                # The one before is left to those still reading it; it goes when they do.
                self._current = self._open(self._root, publication)
            return self._current

    def _pointer(self) -> Publication:
        pointer = self._root / layout.POINTER
        try:
            return read_publication(pointer.read_bytes())
        except FileNotFoundError:
            raise NothingPublished("Nothing has been built yet; run `promptlake build`.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise NothingPublished(f"{pointer} can't be read as a publication; run `promptlake build`.") from error


def _duckdb_type(trino_type: str) -> str:
    return {"timestamp(6)": "TIMESTAMP"}.get(trino_type, trino_type.upper())
