"""Views for analysts: one for each gold table, without what points to a person, and one for each metric.

A metric's view has a row a day, environment and value of a dimension, one dimension at a time, so that a share or a
percentile is right as it stands; its rows are never to be summed over dimensions.
"""

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlglot import exp

from ingest.contracts import layout
from sql.catalog import metrics, models
from sql.compile import metric_query
from sql.dialects import parse
from sql.parts import parts_of
from sql.persons import person_kind
from sql.records import Metric, Model

SCHEMA = layout.ANALYSIS
VIRTUAL_VIEW = "VIRTUAL_VIEW"
"""What Glue calls a table that is a view."""
METRIC_PREFIX = "metric_"
ALL = "all"
"""The dimension of the rows that tell the whole of a day."""

_TIME = ("day", "environment")


@dataclass(frozen=True, slots=True)
class ViewColumn:
    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True)
class View:
    """``sql`` is Trino's."""

    name: str
    comment: str
    columns: tuple[ViewColumn, ...]
    sql: str

    def ddl(self, schema: str = SCHEMA) -> str:
        """For who makes it by hand, in Athena's editor."""
        return f"CREATE OR REPLACE VIEW {schema}.{self.name} AS\n{self.sql}"

    def glue_table(self, catalog: str = "awsdatacatalog") -> dict[str, Any]:
        """Glue's ``TableInput``, as Athena itself keeps a view; column comments are in it, which DDL can't say.

        It has no description, which Trino would take for the comment by which it knows that a view is its own.
        """
        columns = [{"name": column.name, "type": column.type} for column in self.columns]
        said = {
            "originalSql": self.sql,
            "catalog": catalog,
            "schema": SCHEMA,
            "columns": columns,
            "comment": self.comment,
            "runAsInvoker": True,  # else Trino asks for somebody in whose name it reads
        }
        encoded = base64.b64encode(json.dumps(said).encode()).decode()
        return {
            "Name": self.name,
            "TableType": VIRTUAL_VIEW,
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "ViewOriginalText": f"/* Presto View: {encoded} */",
            "ViewExpandedText": "/* Presto View */",
            "StorageDescriptor": {
                "Columns": [{"Name": c.name, "Type": _hive(c.type), "Comment": c.comment} for c in self.columns],
                "SerdeInfo": {},
            },
        }


@cache
def analyst_views() -> dict[str, View]:
    """Every view by its name."""
    tables = [model.name for model in models().values() if model.layer == "gold"]
    names = [*tables, *(f"{METRIC_PREFIX}{name}" for name in metrics())]
    return {name: view for name in names if (view := analyst_view(name)) is not None}


def analyst_view(name: str) -> View | None:
    """One view, without the time it takes to make all of them; None where there is none of that name."""
    if (table := models().get(f"gold.{name}")) is not None:
        return _of_table(table)
    metric = metrics().get(name.removeprefix(METRIC_PREFIX)) if name.startswith(METRIC_PREFIX) else None
    return _of_metric(metric, models()[f"gold.{metric.table}"]) if metric is not None else None


def dimensions_of(table: Model) -> tuple[str, ...]:
    """The columns by which a table's metrics can be told: what makes a row, less its time and who it is about."""
    return tuple(
        name for name in table.grain if table.columns[name].type == "varchar" and person_kind(table, name) != "person"
    )


def _of_table(model: Model) -> View:
    kept = [name for name in model.columns if person_kind(model, name) != "person"]
    columns = tuple(ViewColumn(name, model.columns[name].type, _comment(model, name)) for name in kept)
    return View(model.name, model.description, columns, f"SELECT {', '.join(kept)} FROM {model.full_name}")


def _comment(model: Model, name: str) -> str:
    spec = model.columns[name]
    return f"{spec.description} ({spec.unit})" if spec.unit else spec.description


def _of_metric(metric: Metric, table: Model) -> View:
    keys = [*(name for name in _TIME if name in table.grain), *metric.one_by_one]
    read = set(_read_by(metric))
    dimensions = [name for name in dimensions_of(table) if name not in (*keys, *read)]
    parts = parts_of(metric)
    # A sum of money stays exact; a double is never made a decimal, for engines round it differently.
    kind = "decimal(38,12)" if metric.unit == "US dollars" and parts and not parts.denominator else "double"
    selects = [_told(metric, keys, name, kind) for name in (None, *dimensions)]
    columns = [ViewColumn(name, table.columns[name].type, _comment(table, name)) for name in keys]
    columns += [
        ViewColumn("dimension", "varchar", f"What it is told by; '{ALL}' is the whole"),
        ViewColumn("item", "varchar", "Value of the dimension; null where it is not set"),
        ViewColumn("value", kind, f"{metric.description} ({metric.unit})"),
    ]
    comment = f"{metric.title}: {metric.description}"
    return View(f"{METRIC_PREFIX}{metric.name}", comment, tuple(columns), "\nUNION ALL\n".join(selects))


def _told(metric: Metric, keys: list[str], dimension: str | None, kind: str) -> str:
    query = metric_query([metric.name], [*keys, *([dimension] if dimension else [])])
    query = query.rpartition(" ORDER BY ")[0] or query
    item = dimension or "NULL"
    picked = [*keys, f"'{dimension or ALL}' AS dimension", f"CAST({item} AS varchar) AS item"]
    return f"SELECT {', '.join(picked)}, CAST({metric.name} AS {kind}) AS value FROM ({query}) AS told"


def _read_by(metric: Metric) -> Iterator[str]:
    """The columns that a metric reads itself: it can't be told by what it is made of."""
    rule = metric.percentile
    said = metric.expression or (f"{rule.of}, {rule.where}" if rule else "")
    return (column.name for column in parse(f"SELECT {said}").find_all(exp.Column))


def _hive(trino_type: str) -> str:
    """A type as Glue says it."""
    plain = trino_type.partition("(")[0]
    return {"varchar": "string", "timestamp": "timestamp"}.get(plain, trino_type.replace(" ", ""))


def main() -> None:
    """Print what makes all of them, for Athena's editor."""
    statements = [f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}", *(view.ddl() for view in analyst_views().values())]
    sys.stdout.write(";\n\n".join(statements) + ";\n")


if __name__ == "__main__":
    main()
