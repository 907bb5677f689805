"""Names of columns and metrics as a reader sees them, from where they are defined."""

from dashboards.reports.data import Column
from sql.catalog import metrics, models
from sql.records import ColumnSpec

NOT_SET = "not set"


def spec(table: str, column: str) -> ColumnSpec:
    return models()[f"gold.{table}"].columns[column]


def label(column: str) -> str:
    """``cache_read_tokens`` -> ``Cache read``: the unit stands beside it anyway."""
    words = column.removesuffix("_tokens").removesuffix("_id").replace("_", " ")
    return words[:1].upper() + words[1:]


def column_of(table: str, name: str, *, has_bar: bool = False, is_minor: bool = False) -> Column:
    """A column of a report that is a column of a gold table."""
    found = spec(table, name)
    unit = found.unit or (None if found.type == "varchar" else "number")
    return Column(label(name), unit, found.description, has_bar=has_bar, is_minor=is_minor)


def metric_column(name: str, *, has_bar: bool = False, is_minor: bool = False) -> Column:
    """A column of a report that is a metric, with its thresholds."""
    metric = metrics()[name]
    return Column(metric.title, metric.unit, metric.description, metric, has_bar, is_minor)
