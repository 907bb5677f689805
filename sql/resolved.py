"""Every query with its tables, columns and types resolved. What is missing is refused, with file and line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from sqlglot import MappingSchema, exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from ingest.contracts.derive import table_columns
from ingest.contracts.registry import EVENTS
from sql.catalog import CatalogError
from sql.contract_tables import TRINO_TYPES
from sql.dialects import SOURCE, parse
from sql.given import GIVEN
from sql.places import at, sql_line
from sql.records import Model

Types = Mapping[str, str]
"""Trino's type by column."""

_NAMED = re.compile(r"[Cc]olumn:? '?(\w+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A query as it is written, and where."""

    sql: str
    path: Path
    columns: Types | None = None
    """What it must give; None where the query alone says it."""
    first_line: int = 1
    """Where in the file it begins."""

    def at(self, part: exp.Expr | int) -> str:
        """File and line of a part of the query, or of one of its own lines."""
        return at(self.path, self.first_line - 1 + (part if isinstance(part, int) else sql_line(part)))


def sources(tables: Mapping[str, Model], views: Mapping[str, str], view_folder: Path) -> dict[str, Source]:
    """The queries of models and views, by the full name of what they fill."""
    made = {
        name: Source(model.query, model.written_in, {c: spec.type for c, spec in model.columns.items()})
        for name, model in tables.items()
    }
    return made | {name: Source(sql, view_folder / f"{name.partition('.')[2]}.sql") for name, sql in views.items()}


def resolve(queries: Mapping[str, Source]) -> dict[str, exp.Query]:
    """Every query, those it reads before it: qualified, typed, stars written out.

    Raises:
        CatalogError: a table or column is not there, queries read each other in a circle, or one gives other columns
            than its model says.
    """
    schema = MappingSchema(dialect=SOURCE)
    outside = _outside()
    for name, columns in outside.items():
        schema.add_table(name, dict(columns))
    for name, source in queries.items():
        _check_tables(name, source, {*outside, *queries})
    resolved = {}
    for name in _in_order(queries):
        query = resolve_one(queries[name], schema)
        described = queries[name].columns
        if described is not None:
            _check_columns(query, queries[name], described)
        typed: dict[str, Any] = {select.alias_or_name: select.type for select in query.selects}
        schema.add_table(name, typed if described is None else dict(described))
        resolved[name] = query
    return {name: resolved[name] for name in queries}


def resolve_one(source: Source, schema: MappingSchema) -> exp.Query:
    """One query over tables of the schema."""
    tree = _parsed(source)
    try:
        qualified = qualify(
            tree.copy(),
            dialect=SOURCE,
            schema=schema,
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
    except OptimizeError as error:
        raise _unresolved(source, tree, str(error)) from error
    for scope in traverse_scope(qualified):
        outer = () if scope.is_correlated_subquery else scope.external_columns
        for column in (*outer, *scope.unqualified_columns):
            raise CatalogError(f"{source.at(column)}: there is no column {column.name!r} to read here.")
    typed = annotate_types(qualified, schema=schema, dialect=SOURCE)
    if not isinstance(typed, exp.Query):
        raise CatalogError(f"{source.at(1)}: this is no query; write one SELECT.")
    return typed


def _outside() -> dict[str, Types]:
    """Tables that no query of ours makes."""
    bronze = {f"bronze.{name}": {c.name: TRINO_TYPES[c.type] for c in table_columns(name)} for name in EVENTS}
    return {**bronze, **GIVEN}


def _parsed(source: Source) -> exp.Expr:
    try:
        return parse(source.sql)
    except ParseError as error:
        first = error.errors[0]
        raise CatalogError(f"{source.at(int(first['line']))}: {first['description']}.") from error
    except SqlglotError as error:
        raise CatalogError(f"{source.at(1)}: {' '.join(str(error).split())}.") from error


def _tables(source: Source) -> Iterator[exp.Table]:
    tree = _parsed(source)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return (table for table in tree.find_all(exp.Table) if table.db or table.name not in own)


def _full_name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _check_tables(name: str, source: Source, known: set[str]) -> None:
    for table in _tables(source):
        read = _full_name(table)
        if read not in known:
            near = get_close_matches(read, sorted(known), n=1)
            hint = f"; {near[0]} is one" if near else ""
            raise CatalogError(f"{source.at(table)}: there is no table {read!r}, which {name} reads{hint}.")


def _in_order(queries: Mapping[str, Source]) -> Iterator[str]:
    graph = {name: {t for t in map(_full_name, _tables(source)) if t in queries} for name, source in queries.items()}
    try:
        yield from TopologicalSorter(graph).static_order()
    except CycleError as error:
        read, *others = reversed(
            error.args[1]
        )  # each of these is read by the one after it, the last is the first again
        source = queries[read]
        where = next(source.at(table) for table in _tables(source) if _full_name(table) == others[0])
        chain = ", which reads ".join(others)
        raise CatalogError(f"{where}: {read} reads {chain}; a table can't be made of itself.") from error


def _check_columns(query: exp.Query, source: Source, columns: Types) -> None:
    given = {select.alias_or_name: select for select in query.selects}
    for name in columns:
        if name not in given:
            raise CatalogError(f"{source.at(1)}: the query gives no column {name!r}, which the model describes.")
    for name, select in given.items():
        if name not in columns:
            raise CatalogError(f"{source.at(select)}: the model does not describe the column {name!r}.")


def _unresolved(source: Source, tree: exp.Expr, message: str) -> CatalogError:
    named = _NAMED.search(message)
    found = [column for column in tree.find_all(exp.Column) if named and column.name == named[1]]
    if not found or not named:
        return CatalogError(f"{source.at(1)}: {message.rstrip('.')}.")
    return CatalogError(f"{source.at(found[0])}: there is no column {named[1]!r} to read here.")
