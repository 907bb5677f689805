"""Every layer of an embedded lake in one DuckDB session, for ``promptlake sql`` and whoever wants to look."""

import re
from collections.abc import Collection
from pathlib import Path
from tempfile import gettempdir

import duckdb

from infra.local.declared import funnels_in
from infra.local.lake import Lake, LakeError
from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from sql.analysis import SCHEMA, analyst_view
from sql.catalog import models, views
from sql.dialects import table_names
from sql.operations import GATE_RESULT_COLUMNS, GATE_RESULTS
from sql.prices.daily import TABLE
from transforms.engines.duck import bronze_refusal, bronze_relation, empty_rows, scan, session, trino_view, view
from transforms.engines.duck_gold import empty_gold, register, register_thresholds
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import funnel_steps
from transforms.engines.unreadable import UnreadableObjects, naming_unreadable

_PRICED = "gold.price_daily"
_NAMED = re.compile(r"\b(?:bronze|silver|gold|operations|price|metric|funnel|analysis)\.\w+")
_MAY_NAME_MORE = re.compile(r"\"|\s\.|\.\s|information_schema|duckdb_|pragma|show|describe|summarize", re.IGNORECASE)


def read_by(query: str) -> set[str] | None:
    """The tables and views that a query of an analyst may read, with those below them; None where it may be any."""
    if _MAY_NAME_MORE.search(query):
        return None
    found: set[str] = set()
    left = set(_NAMED.findall(query.lower()))
    if any(name.startswith(("silver.", "gold.")) and name not in {*models(), *views()} for name in left):
        return None  # the refusal names those that are alike
    while left:
        found |= left
        made_of = [sql for name in left if (sql := query_of(name)) is not None]
        left = {below for sql in made_of for below in table_names(sql)} - found
    return found


def query_of(name: str) -> str | None:
    """What a view is made of; None of what is none."""
    schema, _, last = name.partition(".")
    analysts = analyst_view(last) if schema == SCHEMA else None
    return analysts.sql if analysts is not None else views().get(name)


def open_session(
    lake: Lake, *, drain: bool = True, needs_bronze: bool = False, reads: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """A session with ``bronze.*``, ``silver.*``, ``gold.*`` and ``operations.*`` as they stand now.

    Args:
        drain: move what the spool holds into bronze first, so that everything acknowledged is seen.
        needs_bronze: refuse a lake of which some of bronze can't be read; else only queries of that table fail.
        reads: lay out these silver and gold tables and views only, see :func:`read_by`; binding all takes a while,
            and those of analysts longest, so they are there only where they are named.
    """
    lake.check_catalog()
    if drain:
        lake.drain()
    db = session(Path(gettempdir()), memory_mb=1024)
    for table, paths in lake.bronze_objects((*EVENTS, QUARANTINE_TABLE)).items():
        try:
            with naming_unreadable(lake.root, [str(path.relative_to(lake.root)) for path in paths]):
                view(db, f"bronze.{table}", bronze_relation(table, paths))
        except UnreadableObjects as error:
            if needs_bronze:
                raise LakeError(str(error)) from error
            view(db, f"bronze.{table}", bronze_refusal(table, str(error)))
    tables = Tables(lake.root)
    try:
        for name, model in models().items():
            if not (reads is None or name in reads or (name == _PRICED and TABLE in reads)):
                continue
            empty = empty_query(model) if model.layer == "silver" else empty_gold(model)
            view(db, name, scan(tables.files(model), empty))
    finally:
        tables.close()
    found = sorted((lake.root / layout.GATE_RESULTS).rglob("*.parquet"))
    view(db, GATE_RESULTS, scan(found, empty_rows(GATE_RESULT_COLUMNS)))
    if reads is None or TABLE in reads:
        view(db, TABLE, f"SELECT * FROM {_PRICED}")  # what was built stands, whatever the price files say by now
    register_thresholds(db)
    register(db, funnel_steps(funnels_in(lake.root)))
    _lay_out_views(db, reads)
    return db


def _lay_out_views(db: duckdb.DuckDBPyConnection, reads: Collection[str] | None) -> None:
    for name, query in views().items():
        if reads is None or name in reads:
            trino_view(db, name, query)
    db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for name in reads or ():
        if name.startswith(f"{SCHEMA}.") and (analysts := query_of(name)) is not None:
            trino_view(db, name, analysts)
