"""One metric on a sheet: its number, its course by day, and a bar for each value of each dimension."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboards.boards import BoardError, Told, columns_in
from dashboards.briefs.labels import dimension_name
from dashboards.quicksight.data_sets import source_of
from sql.analysis import ALL, METRIC_PREFIX

GRID_COLUMNS = 36
_KPI, _LINE, _ROWS = 9, 27, 9


@dataclass(frozen=True, slots=True)
class Placed:
    """A visual, how wide it stands, and which rows of a metric's view it shows: those of one dimension."""

    visual_id: str
    visual: dict[str, Any]
    columns: int
    source: str
    dimension: str | None = None

    def element(self) -> dict[str, Any]:
        return {"ElementId": self.visual_id, "ElementType": "VISUAL", "ColumnSpan": self.columns, "RowSpan": _ROWS}


def placed(told: Told) -> Iterator[Placed]:
    """The visuals of one metric, in reading order.

    Raises:
        BoardError: the metric is told by several columns together, for which QuickSight has no field.
    """
    for dimension in told.dimensions:
        if len(columns_in(dimension)) > 1:
            raise BoardError(f"{told.place}: QuickSight has no {dimension}; give its columns one by one.")
    source, name = source_of(told), told.metric.name
    day = _day(source, name)
    if source.startswith(METRIC_PREFIX):
        # A view's rows can't be summed: each day stands for itself, and only one dimension at a time.
        yield _line(told, f"{name}-by-day", source, [day], [], GRID_COLUMNS, ALL)
        for dimension in told.dimensions:
            item = _category(source, "item", f"{name}-{dimension}")
            yield _line(told, f"{name}-by-{_id(dimension)}", source, [day], [item], GRID_COLUMNS, dimension)
        return
    wells = {"Values": [_value(told, source)], "TrendGroups": [day]}
    kpi = {"VisualId": f"{name}-kpi", **_texts(told, told.metric.title), "ChartConfiguration": {"FieldWells": wells}}
    yield Placed(f"{name}-kpi", {"KPIVisual": kpi}, _KPI, source)
    yield _line(told, f"{name}-by-day", source, [day], [], _LINE, None)
    for dimension in told.dimensions:
        yield _bar(told, source, dimension)


def _line(
    told: Told, visual_id: str, source: str, category: list[Any], colors: list[Any], columns: int, dimension: str | None
) -> Placed:
    wells = {"Category": category, "Values": [_value(told, source)], "Colors": colors}
    if source.startswith(METRIC_PREFIX):
        # Nor can they be put together over environments: each has a chart of its own.
        wells["SmallMultiples"] = [_category(source, "environment", f"{told.metric.name}-environment")]
    by = f"day and {dimension_name(dimension)}" if colors and dimension else "day"
    configuration = {"FieldWells": {"LineChartAggregatedFieldWells": wells}, "Tooltip": _tooltip(told)}
    visual = {
        "VisualId": visual_id,
        **_texts(told, f"{told.metric.title} by {by}"),
        "ChartConfiguration": configuration,
    }
    return Placed(visual_id, {"LineChartVisual": visual}, columns, source, dimension)


def _bar(told: Told, source: str, dimension: str) -> Placed:
    name = told.metric.name
    visual_id = f"{name}-by-{_id(dimension)}"
    category = _category(source, dimension, f"{name}-{dimension}")
    wells = {"Category": [category], "Values": [_value(told, source)], "Colors": []}
    configuration = {
        "FieldWells": {"BarChartAggregatedFieldWells": wells},
        "Orientation": "HORIZONTAL",
        "Tooltip": _tooltip(told),
    }
    title = f"{told.metric.title} by {dimension_name(dimension)}"
    visual = {"VisualId": visual_id, **_texts(told, title), "ChartConfiguration": configuration}
    return Placed(visual_id, {"BarChartVisual": visual}, GRID_COLUMNS // 2, source)


def _value(told: Told, source: str) -> dict[str, Any]:
    if not source.startswith(METRIC_PREFIX):
        # Aggregated within its own expression, so that QuickSight is to do nothing more.
        return {"NumericalMeasureField": {"FieldId": _field(told), "Column": _column(source, told.metric.title)}}
    # Of one row: that of a day, an environment and a value of the dimension.
    column = {"FieldId": _field(told), "Column": _column(source, "value")}
    return {"NumericalMeasureField": {**column, "AggregationFunction": {"SimpleNumericalAggregation": "MAX"}}}


def _field(told: Told) -> str:
    return f"{told.metric.name}-value"


def _day(source: str, name: str) -> dict[str, Any]:
    field = {"FieldId": f"{name}-day", "Column": _column(source, "day"), "DateGranularity": "DAY"}
    return {"DateDimensionField": field}


def _category(source: str, column: str, field: str) -> dict[str, Any]:
    return {"CategoricalDimensionField": {"FieldId": field, "Column": _column(source, column)}}


def _column(source: str, name: str) -> dict[str, str]:
    return {"DataSetIdentifier": source, "ColumnName": name}


def _texts(told: Told, title: str) -> dict[str, Any]:
    """What stands above, and what is said to who can't see it: both from the metric's own definition."""
    said = {"Visibility": "VISIBLE", "FormatText": {"PlainText": definition(told)}}
    return {
        "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": title}},
        "Subtitle": said,
        "VisualContentAltText": f"{title}. {definition(told)}",
    }


def definition(told: Told) -> str:
    """What a metric is, in its own words."""
    return f"{told.metric.description} ({told.metric.unit})"


def _tooltip(told: Told) -> dict[str, Any]:
    item = {"FieldTooltipItem": {"FieldId": _field(told), "Label": definition(told), "Visibility": "VISIBLE"}}
    based = {"AggregationVisibility": "HIDDEN", "TooltipTitleType": "PRIMARY_VALUE", "TooltipFields": [item]}
    return {"TooltipVisibility": "VISIBLE", "SelectedTooltipType": "DETAILED", "FieldBasedTooltip": based}


def _id(name: str) -> str:
    return name.replace("_", "-")
