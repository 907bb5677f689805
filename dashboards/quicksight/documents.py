"""All requests that make the boards in an account, in the order in which QuickSight can take them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dashboards.boards import Board
from dashboards.quicksight.data_sets import (
    RULES,
    Request,
    data_set,
    data_set_id,
    data_source,
    is_in_memory,
    refresh_schedule,
    rules,
    source_of,
)
from dashboards.quicksight.expressions import expression
from dashboards.quicksight.permissions import permitted
from dashboards.quicksight.place import Access, Place
from dashboards.quicksight.visuals import Placed, placed
from dashboards.reports.data import SIMULATED
from sql.analysis import METRIC_PREFIX

THEME = "promptlake"
_COLORS = ["#2b6cc4", "#e08a00", "#0d9e78", "#c3588f", "#53a9e0", "#7a5bbf", "#8d7a3a"]


def requests(boards: Iterable[Board], place: Place, access: Access) -> Iterator[tuple[str, Request]]:
    """Actions by name and their parameters: who sees what, data sets, theme, then analyses and dashboards.

    Raises:
        BoardError: a board tells a metric by several columns together.
    """
    for action, request in _documents(list(boards), place, access):
        yield action, request | (permitted(action, place, access) if request.get("DataSetId") != RULES else {})


def _documents(boards: Sequence[Board], place: Place, access: Access) -> Iterator[tuple[str, Request]]:
    yield "CreateDataSource", data_source(place)
    yield "CreateDataSet", rules(place, access)
    for source in sorted({source_of(told) for board in boards for told in board.told}):
        yield "CreateDataSet", data_set(place, access, source)
        if is_in_memory(source):
            yield "CreateRefreshSchedule", refresh_schedule(place, source)
    yield "CreateTheme", theme(place)
    for board in boards:
        common = {
            "AwsAccountId": place.account,
            "Name": f"promptlake: {board.title}",
            "ThemeArn": place.arn("theme", THEME),
            "Definition": definition_of(board, place),
        }
        yield "CreateAnalysis", {"AnalysisId": _board_id(board), **common}
        yield "CreateDashboard", {"DashboardId": _board_id(board), **common}


def definition_of(board: Board, place: Place) -> Request:
    """What an analysis and a dashboard are made of."""
    visuals = [visual for told in board.told for visual in placed(told)]
    sources = sorted({visual.source for visual in visuals})
    sheet = {
        "SheetId": board.name,
        "Name": board.title,
        "ContentType": "INTERACTIVE",
        "Visuals": [visual.visual for visual in visuals],
        "Layouts": [{"Configuration": {"GridLayout": {"Elements": [visual.element() for visual in visuals]}}}],
    }
    return {
        "DataSetIdentifierDeclarations": [
            {"Identifier": source, "DataSetArn": place.arn("dataset", data_set_id(source))} for source in sources
        ],
        "CalculatedFields": [
            {"DataSetIdentifier": source_of(told), "Name": told.metric.title, "Expression": said}
            for told in board.told
            if (said := expression(told.metric)) is not None
        ],
        "Sheets": [sheet],
        "FilterGroups": [*_real_only(board, sources), *_one_dimension(board, visuals)],
    }


def theme(place: Place) -> Request:
    """``CreateTheme``: the colors of all pages here."""
    palette = {"PrimaryForeground": "#12161D", "PrimaryBackground": "#FFFFFF", "SecondaryForeground": "#5B6472",
               "SecondaryBackground": "#F6F7F9", "Accent": "#2B6CC4", "Success": "#09775A", "Danger": "#B83C18",
               "Warning": "#9A6200"}  # fmt: skip
    return {
        "AwsAccountId": place.account,
        "ThemeId": THEME,
        "Name": THEME,
        "BaseThemeId": "CLASSIC",
        "Configuration": {
            "DataColorPalette": {"Colors": [color.upper() for color in _COLORS], "EmptyFillColor": "#A9B1BD"},
            "UIColorPalette": palette,
        },
    }


def _real_only(board: Board, sources: Sequence[str]) -> Iterator[Request]:
    """Simulated environments never stand among real ones."""
    for source in sources:
        configuration = {
            "MatchOperator": "DOES_NOT_CONTAIN",
            "CategoryValue": SIMULATED,
            "NullOption": "ALL_VALUES",
        }
        yield _filter(f"real-{source}", source, "environment", configuration, board.name, None)


def _one_dimension(board: Board, visuals: Sequence[Placed]) -> Iterator[Request]:
    for visual in visuals:
        if visual.source.startswith(METRIC_PREFIX):
            configuration = {
                "MatchOperator": "EQUALS",
                "CategoryValue": visual.dimension,
                "NullOption": "NON_NULLS_ONLY",
            }
            name = f"of-{visual.visual_id}"
            yield _filter(name, visual.source, "dimension", configuration, board.name, visual.visual_id)


def _filter(
    name: str, source: str, column: str, configuration: Mapping[str, Any], sheet: str, visual: str | None
) -> Request:
    scope = {"SheetId": sheet, "Scope": "ALL_VISUALS"}
    if visual is not None:
        scope |= {"Scope": "SELECTED_VISUALS", "VisualIds": [visual]}  # type: ignore[dict-item]
    return {
        "FilterGroupId": name,
        "CrossDataset": "SINGLE_DATASET",
        "Filters": [
            {
                "CategoryFilter": {
                    "FilterId": name,
                    "Column": {"DataSetIdentifier": source, "ColumnName": column},
                    "Configuration": {"CustomFilterConfiguration": dict(configuration)},
                }
            }
        ],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
    }


def _board_id(board: Board) -> str:
    return f"promptlake-{board.name}"
