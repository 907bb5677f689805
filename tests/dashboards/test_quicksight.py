"""Boards are documents that QuickSight's own service model takes, made of metrics and dimensions alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import botocore.session
import duckdb
import pytest
from botocore.validate import ParamValidator

from dashboards.boards import BoardError, load_boards
from dashboards.quicksight import BOARDS
from dashboards.quicksight.data_sets import RULES, data_set, source_of
from dashboards.quicksight.documents import definition_of, requests
from dashboards.quicksight.expressions import expression
from dashboards.quicksight.place import Access, Place
from sql.analysis import ALL, METRIC_PREFIX, analyst_views
from sql.catalog import load_metrics, metrics, models

PLACE = Place("123456789012", "eu-central-1", "analysts", "arn:aws:iam::123456789012:role/boards")
TEAMS: dict[str, list[str] | None] = {"support": ["support"], "o'hara's": ["growth", "sales, east"], "managers": None}
ACCESS = Access(TEAMS, "us-east-1", authors="managers")
SERVICE = botocore.session.Session().get_service_model("quicksight")


@pytest.fixture(scope="module")
def made() -> list[tuple[str, dict[str, Any]]]:
    return list(requests(load_boards(BOARDS).values(), PLACE, ACCESS))


def shapes(value: Any, shape: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every value of a document with the shape it is of."""
    yield where, value, shape
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from shapes(member, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for number, member in enumerate(value):
            yield from shapes(member, shape.member, f"{where}[{number}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from shapes(member, shape.value, f"{where}.{name}")


def test_every_request_is_what_the_service_model_asks_for(made: list[tuple[str, dict[str, Any]]]) -> None:
    for action, parameters in made:
        shape = SERVICE.operation_model(action).input_shape
        report = ParamValidator().validate(parameters, shape)
        assert not report.has_errors(), f"{action}: {report.generate_report()}"
        for where, value, of in shapes(parameters, shape):
            if of.type_name == "string":  # of which the validator looks at the length at most
                assert not of.enum or value in of.enum, f"{action}{where}: {value!r} is none of {of.enum}"
                pattern = of.metadata.get("pattern")
                assert not pattern or re.search(pattern, value, re.ASCII), (
                    f"{action}{where}: {value!r} is not {pattern}"
                )
                assert len(value) <= of.metadata.get("max", len(value)), f"{action}{where}: {value!r} is too long"
            if of.type_name == "list":
                assert len(value) <= of.metadata.get("max", len(value)), f"{action}{where} has too many"


def test_the_four_boards_are_there() -> None:
    assert set(load_boards(BOARDS)) == {"cost", "quality", "engagement", "operations"}


@pytest.mark.parametrize("name", ["cost", "quality", "engagement", "operations"])
def test_a_board_reads_only_what_it_declares(name: str) -> None:
    board = load_boards(BOARDS)[name]
    made = definition_of(board, PLACE)
    declared = {one["Identifier"] for one in made["DataSetIdentifierDeclarations"]}
    own = {(field["DataSetIdentifier"], field["Name"]) for field in made["CalculatedFields"]}
    columns = {source: _columns(source) for source in declared}
    used = list(_identifiers(made))
    assert used
    for source, column in used:
        assert source in declared
        assert column in columns[source] or (source, column) in own, f"{source} has no {column}"
    for field in made["CalculatedFields"]:
        for column in re.findall(r"\{(\w+)\}", field["Expression"]):
            assert column in columns[field["DataSetIdentifier"]]


def _columns(source: str) -> set[str]:
    (physical,) = data_set(PLACE, ACCESS, source)["PhysicalTableMap"].values()
    ((_, table),) = physical.items()
    return {column["Name"] for column in table.get("InputColumns") or table["Columns"]}


def _identifiers(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"DataSetIdentifier", "ColumnName"}:
            yield value["DataSetIdentifier"], value["ColumnName"]
        for member in value.values():
            yield from _identifiers(member)
    elif isinstance(value, list):
        for member in value:
            yield from _identifiers(member)


def test_a_metrics_definition_is_the_tooltip() -> None:
    for board in load_boards(BOARDS).values():
        visuals = [next(iter(one.values())) for one in definition_of(board, PLACE)["Sheets"][0]["Visuals"]]
        for told in board.told:
            own = [visual for visual in visuals if visual["VisualId"].startswith(f"{told.metric.name}-")]
            tips = [v["ChartConfiguration"]["Tooltip"] for v in own if "Tooltip" in v["ChartConfiguration"]]
            assert tips
            for tip in tips:
                (field,) = tip["FieldBasedTooltip"]["TooltipFields"]
                assert field["FieldTooltipItem"]["Label"].startswith(told.metric.description)


@pytest.mark.parametrize("name", ["cost", "quality", "engagement", "operations"])
def test_visuals_over_views_tell_all_that_their_rows_do(name: str) -> None:
    """The value of a view's row is right as it stands: what no field of a visual tells apart, a filter must."""
    made = definition_of(load_boards(BOARDS)[name], PLACE)
    filtered = {
        (one["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"][0].get("VisualIds") or [""])[0]
        for one in made["FilterGroups"]
    }
    for visual in (one["LineChartVisual"] for one in made["Sheets"][0]["Visuals"] if "LineChartVisual" in one):
        used = list(_identifiers(visual))
        source = used[0][0]
        if source.startswith(METRIC_PREFIX):
            keys = {column.name for column in analyst_views()[source].columns} - {"value", "dimension"}
            whole = visual["VisualId"].endswith("by-day")
            assert {column for _, column in used} >= keys - ({"item"} if whole else set())
            assert visual["VisualId"] in filtered


def test_no_value_of_a_view_is_summed_over_dimensions() -> None:
    board = load_boards(BOARDS)["operations"]
    made = definition_of(board, PLACE)
    lines = [visual for visual in made["Sheets"][0]["Visuals"] if "latency_p95_ms" in str(visual)]
    filters = {group["FilterGroupId"]: group for group in made["FilterGroups"]}
    for visual in lines:
        name = visual["LineChartVisual"]["VisualId"]
        (one,) = filters[f"of-{name}"]["Filters"]
        told = one["CategoryFilter"]["Configuration"]["CustomFilterConfiguration"]
        assert told["MatchOperator"] == "EQUALS"
        assert told["CategoryValue"] == (ALL if name.endswith("by-day") else name.rpartition("-")[2])


def test_rows_are_seen_by_team(made: list[tuple[str, dict[str, Any]]]) -> None:
    (rules, *others) = [parameters for action, parameters in made if action == "CreateDataSet"]
    (physical,) = rules["PhysicalTableMap"].values()
    found = duckdb.sql(physical["CustomSql"]["SqlQuery"])
    assert found.columns == [column["Name"] for column in physical["CustomSql"]["Columns"]] == ["GroupName", "team"]
    assert found.fetchall() == [
        ("support", "support"),
        ("o'hara's", "growth"),
        ("o'hara's", '"sales, east"'),  # one team: without quotes QuickSight takes it for two
        ("managers", None),  # which is all
    ]
    assert others
    for other in others:
        assert other["RowLevelPermissionDataSet"] == {
            "Arn": PLACE.arn("dataset", RULES),
            "PermissionPolicy": "GRANT_ACCESS",  # who has no rule sees nothing
            "FormatVersion": "VERSION_1",
            "Namespace": "default",
            "Status": "ENABLED",
        }
        assert "team" in _columns(other["DataSetId"].removeprefix("promptlake-"))


def test_nobody_is_given_what_gets_around_the_rules_by_team(made: list[tuple[str, dict[str, Any]]]) -> None:
    """An owner of a data set sees all of its rows, and of a data source other data sets are made."""
    given = {
        (action, permission["Principal"].rpartition("/")[2]): {verb.partition(":")[2] for verb in permission["Actions"]}
        for action, parameters in made
        for permission in parameters.get("Permissions", ())
    }
    assert {action for action, _ in given} == {"CreateDataSet", "CreateTheme", "CreateAnalysis", "CreateDashboard"}
    assert {group for action, group in given if action in ("CreateDataSet", "CreateAnalysis")} == {"managers"}
    assert {group for action, group in given if action == "CreateDashboard"} == TEAMS.keys()
    assert not given["CreateDataSet", "managers"] & {"UpdateDataSet", "UpdateDataSetPermissions", "DeleteDataSet"}
    assert "UpdateAnalysis" in given["CreateAnalysis", "managers"]
    principals = {one["Principal"] for _, made_of in made for one in made_of.get("Permissions", ())}
    assert "arn:aws:quicksight:us-east-1:123456789012:group/default/support" in principals, "where people sign in"
    (rules, *_) = [parameters for action, parameters in made if action == "CreateDataSet"]
    assert "Permissions" not in rules


def test_small_amounts_are_kept_whole(made: list[tuple[str, dict[str, Any]]]) -> None:
    """QuickSight's fixed decimals end after four digits, and a call costs less than that."""
    columns = [column for _, parameters in made for column in _typed(parameters)]
    assert {column["SubType"] for column in columns if column["Type"] == "DECIMAL"} == {"FLOAT"}


def _typed(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "Type" in value and "Name" in value:
            yield value
        for member in value.values():
            yield from _typed(member)
    elif isinstance(value, list):
        for member in value:
            yield from _typed(member)


def test_what_grows_with_people_is_asked_of_athena_and_the_rest_refreshed(
    made: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    sets = {p["DataSetId"]: p["ImportMode"] for action, p in made if action == "CreateDataSet" and "told" in str(p)}
    refreshed = {p["DataSetId"] for action, p in made if action == "CreateRefreshSchedule"}
    assert refreshed == {name for name, mode in sets.items() if mode == "SPICE"}
    assert sets["promptlake-cost_daily"] == "SPICE"
    (tmp_path / "x.yaml").write_text("title: X\nmetrics:\n  latency_mean_ms: [model]\n")
    direct = list(requests(load_boards(tmp_path).values(), PLACE, ACCESS))
    (mode,) = [p["ImportMode"] for _, p in direct if p.get("DataSetId") == "promptlake-latency_daily"]
    assert mode == "DIRECT_QUERY"
    assert "CreateRefreshSchedule" not in {action for action, _ in direct}


def test_expressions_are_sums_or_none() -> None:
    assert expression(metrics()["cost_usd"]) == "sum({cost_usd})"
    assert expression(metrics()["error_rate"]) == "(sum({errors})) / nullIf(sum({executions}), 0)"
    assert (
        expression(metrics()["nps"])
        == "(100 * sum({nps_promoters} - {nps_detractors})) / nullIf(sum({nps_answers}), 0)"
    )
    assert expression(metrics()["latency_p95_ms"]) is None
    assert expression(metrics()["people"]) is None


def test_a_metric_comes_onto_a_board_by_two_files(tmp_path: Path) -> None:
    """A file that says what it is, and a line on the board: no code, and no other file."""
    root = Path(copytree(BOARDS.parents[1] / "sql" / "metrics", tmp_path / "metrics")).parent
    (root / "metrics" / "toy_rate.yaml").write_text(
        "title: Toys\ndescription: Toys a call\ntable: cost_daily\nunit: share\ndirection: up\n"
        'expression: "CAST(SUM(unpriced_executions) AS DOUBLE) / NULLIF(SUM(executions), 0)"\n'
    )
    (root / "toys.yaml").write_text("title: Toys\nmetrics:\n  toy_rate: [model]\n")
    known = load_metrics(root, models())
    (board,) = load_boards(root, known).values()
    made = definition_of(board, PLACE)
    assert [field["Name"] for field in made["CalculatedFields"]] == ["Toys"]
    assert len(made["Sheets"][0]["Visuals"]) == 3
    assert source_of(board.told[0]) == "cost_daily"


def test_columns_that_are_told_together_are_refused_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("title: X\nmetrics:\n  cost_usd: [model, template_id/template_version]\n")
    with pytest.raises(BoardError, match=r"x\.yaml:3: QuickSight has no template_id/template_version; give"):
        list(requests(load_boards(tmp_path).values(), PLACE, ACCESS))


def test_an_unknown_metric_on_a_board_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("title: X\nmetrics:\n  cots_usd: [model]\n")
    with pytest.raises(BoardError, match=r"x\.yaml:3: there is no metric 'cots_usd'; cost_usd is one\."):
        load_boards(tmp_path)
