"""What the catalog must hold before anything is written with it: all that is named is there, and all is portable."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from sqlglot import MappingSchema, exp

from sql.catalog import METRICS, ROOT, SPEC, VIEWS, CatalogError, metrics, models, views
from sql.dialects import SOURCE
from sql.lineage import resolved
from sql.places import yaml_line
from sql.portable import refused
from sql.records import Metric, Model
from sql.resolved import Source, resolve_one, sources


@cache
def check_catalog() -> None:
    """Check every query and metric.

    Raises:
        CatalogError: one sentence with file and line, and where something is not portable, what to write instead.
    """
    queries = sources(models(), views(), ROOT / VIEWS)
    check(queries, resolved(), metrics(), models(), ROOT)


def check(
    queries: Mapping[str, Source],
    trees: Mapping[str, exp.Query],
    numbers: Mapping[str, Metric],
    tables: Mapping[str, Model],
    root: Path,
) -> None:
    """Check queries (as written, and resolved), and what metrics and rules say in SQL over ``tables``.

    Args:
        root: the folder below which all of it is written.
    """
    for name, tree in trees.items():
        _check_portable(queries[name], tree)
    schema = MappingSchema(dialect=SOURCE)
    for name, table in tables.items():
        schema.add_table(name, {column: spec.type for column, spec in table.columns.items()})
    said = [source for metric in numbers.values() for source in _parts(metric, root / METRICS / f"{metric.name}.yaml")]
    said += [source for table in tables.values() for source in _rules(table, root / table.layer / table.name / SPEC)]
    for source in said:
        _check_portable(source, resolve_one(source, schema))


def _check_portable(source: Source, tree: exp.Query) -> None:
    for part, sentence in refused(tree):
        raise CatalogError(f"{source.at(part)}: {sentence}")


def _parts(metric: Metric, path: Path) -> tuple[Source, ...]:
    """What a metric says in SQL, as queries of its own."""
    table, rule, text = f"gold.{metric.table}", metric.percentile, path.read_text()
    if rule is None:
        line = yaml_line(text, ("expression",))
        return (Source(f"SELECT {metric.expression} AS {metric.name} FROM {table}", path, first_line=line),)
    query = f"SELECT {rule.of} AS bucket, SUM({rule.weight}) AS weight FROM {table} WHERE {rule.where} GROUP BY 1"
    return (Source(query, path, first_line=yaml_line(text, ("percentile",))),)


def _rules(table: Model, path: Path) -> Iterator[Source]:
    """The conditions that a table's rows must meet, as queries of their own."""
    for number, rule in enumerate(table.checks):
        if rule.expression is not None:
            line = yaml_line(path.read_text(), ("checks", number))
            yield Source(f"SELECT {rule.expression} AS is_met FROM {table.full_name}", path, first_line=line)


if __name__ == "__main__":
    try:
        check_catalog()
    except CatalogError as error:
        sys.exit(str(error))
