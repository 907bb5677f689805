"""A board as a Grafana dashboard: a row a metric, one panel for the whole and one for each dimension."""

import json

from grafana_foundation_sdk.builders import athena, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.athena import FormatOptions
from grafana_foundation_sdk.models.common import (
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
    VariableSort,
)

from dashboards.boards import Board, Told, columns_in
from dashboards.briefs.labels import dimension_name
from dashboards.reports.data import SIMULATED
from sql.compile import metric_query
from sql.records import Metric

DATASOURCE = "grafana-athena-datasource"
SOURCE = DataSourceRef(type_val=DATASOURCE, uid="${source}")
_UNITS = {"share": "percentunit", "US dollars": "currencyUSD", "milliseconds": "ms", "seconds": "s"}
_WHERE = (
    "day BETWEEN DATE '${__from:date:YYYY-MM-DD}' AND DATE '${__to:date:YYYY-MM-DD}' "
    "AND environment IN (${environment:singlequote})"
)
_GREEN, _YELLOW, _RED = "green", "yellow", "red"


def dashboard(board: Board) -> str:
    """The JSON that Grafana imports or provisions."""
    built = (
        builders.Dashboard(f"promptlake: {board.title}")
        .uid(f"promptlake-{board.name}")
        .tags(["promptlake"])
        .timezone("utc")
        .time("now-30d", "now")
        .readonly()
        .with_variable(builders.DatasourceVariable("source").label("Athena").type(DATASOURCE))
        .with_variable(_environments(board))
    )
    for told in board.told:
        built.with_row(builders.Row(told.metric.title))
        for dimension in (None, *told.dimensions):
            built.with_panel(_panel(told, dimension))
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def query(told: Told, dimension: str | None) -> str:
    """The metric by day, in Athena's SQL; Grafana puts the period and the environments in."""
    return metric_query([told.metric.name], ["day", *(columns_in(dimension) if dimension else ())], _WHERE)


def _panel(told: Told, dimension: str | None) -> timeseries.Panel:
    metric = told.metric
    by = f" by {dimension_name(dimension)}" if dimension else ""
    target = athena.Dataquery().raw_sql(query(told, dimension)).format(FormatOptions.TIME_SERIES).ref_id("A")
    panel = (
        timeseries.Panel()
        .title(f"{metric.title}{by}")
        .description(f"{metric.description} ({metric.unit}). {metric.to_do}")
        .datasource(SOURCE)
        .with_target(target.datasource(SOURCE))
        .unit(_UNITS.get(metric.unit, "short"))
        .height(8)
        .span(24 // (1 + min(len(told.dimensions), 2)))
        .legend(VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM))
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if metric.good is None or metric.poor is None:
        return panel
    drawn = GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED)
    return panel.thresholds(_thresholds(metric)).thresholds_style(drawn)


def _thresholds(metric: Metric) -> builders.ThresholdsConfig:
    """Good, fair and poor as the metric has them, in the order in which Grafana reads them: from low to high."""
    ends = (metric.good, metric.poor) if metric.direction == "down" else (metric.poor, metric.good)
    colors = (_GREEN, _YELLOW, _RED) if metric.direction == "down" else (_RED, _YELLOW, _GREEN)
    steps = [Threshold(value=value, color=color) for value, color in zip((None, *ends), colors, strict=True)]
    return builders.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _environments(board: Board) -> builders.QueryVariable:
    table = board.told[0].table.full_name
    asked = f"SELECT DISTINCT environment FROM {table} WHERE environment NOT LIKE '{SIMULATED}%' ORDER BY 1"
    return (
        builders.QueryVariable("environment")
        .label("Environment")
        .datasource(SOURCE)
        .query({"rawSQL": asked, "format": int(FormatOptions.TABLE)})
        .multi(True)
        .include_all(True)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
