"""What is computed from what, derived from the queries; nobody keeps it by hand."""

from collections.abc import Mapping
from functools import cache

from sqlglot import exp
from sqlglot import lineage as columns_of
from sqlglot.optimizer.scope import build_scope

from sql.catalog import ROOT, VIEWS, models, views
from sql.dialects import SOURCE, table_names
from sql.resolved import resolve, sources

Place = tuple[str, str]
"""A table by its full name, and a column."""

Lineage = Mapping[str, Mapping[str, frozenset[Place]]]
"""Table, column, and the columns that its values are computed from."""


@cache
def resolved() -> Mapping[str, exp.Query]:
    """The queries of every model and view, resolved; see :func:`sql.resolved.resolve`."""
    return resolve(sources(models(), views(), ROOT / VIEWS))


@cache
def dependencies() -> Mapping[str, frozenset[str]]:
    """The tables and views that each model and view reads itself, by full name such as ``gold.cost_daily``."""
    queries = {name: model.query for name, model in models().items()} | views()
    return {name: frozenset(table_names(query)) for name, query in queries.items()}


@cache
def direct_lineage() -> Lineage:
    """For each column of models and views, the columns that its query reads. A count of rows is made of none."""
    return {name: _of_query(query) for name, query in resolved().items()}


@cache
def lineage() -> Lineage:
    """For each column of models and views, what it is made of in the end: columns of bronze, that is of the contracts,
    and of the tables that jobs hand in, such as prices.
    """
    direct = direct_lineage()
    found: dict[Place, frozenset[Place]] = {}

    def origins(place: Place) -> frozenset[Place]:
        table, column = place
        if table not in direct:
            return frozenset({place})
        if place not in found:
            found[place] = frozenset().union(*map(origins, direct[table][column]))
        return found[place]

    return {table: {column: origins((table, column)) for column in columns} for table, columns in direct.items()}


def _of_query(query: exp.Query) -> dict[str, frozenset[Place]]:
    nodes = columns_of.lineage(
        None, query, {}, dialect=SOURCE, scope=build_scope(query), trim_selects=False, copy=False
    )
    return {
        column: frozenset(
            (f"{leaf.expression.db}.{leaf.expression.name}", leaf.name.rpartition(".")[2])
            for leaf in node.walk()
            if isinstance(leaf.expression, exp.Table)
        )
        for column, node in nodes.items()
    }
