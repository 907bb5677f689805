"""Data sets: a gold table where its sums are enough, else the view of the metric. Each knows teams."""

from collections.abc import Sequence
from typing import Any

from dashboards.boards import Told
from dashboards.quicksight.expressions import expression
from dashboards.quicksight.place import ATHENA, Access, Place
from sql.analysis import METRIC_PREFIX, SCHEMA, analyst_views
from sql.catalog import models

TEAM = "team"
RULES = "promptlake-teams"
_TYPES = {"varchar": "STRING", "bigint": "INTEGER", "integer": "INTEGER", "double": "DECIMAL", "decimal": "DECIMAL",
          "date": "DATETIME", "timestamp": "DATETIME", "boolean": "BIT"}  # fmt: skip
_COMMENT_MAX = 500
REFRESHED_AT, ZONE = "05:30", "Etc/UTC"

Request = dict[str, Any]
"""Parameters of one of QuickSight's own actions."""


def source_of(told: Told) -> str:
    """The table or view that a metric is read from, which names its data set too."""
    return told.metric.table if expression(told.metric) is not None else f"{METRIC_PREFIX}{told.metric.name}"


def data_set_id(source: str) -> str:
    return f"promptlake-{source}"


def data_set(place: Place, access: Access, source: str) -> Request:
    """``CreateDataSet``: kept in memory (SPICE) where the table is small, else asked of Athena."""
    is_view = source.startswith(METRIC_PREFIX)
    view = analyst_views()[source]
    columns = [(column.name, _type(column.type), column.comment) for column in view.columns]
    schema = SCHEMA if is_view else "gold"
    if TEAM not in {name for name, _, _ in columns}:
        said = f"CASE WHEN dimension = '{TEAM}' THEN item END" if is_view else "CAST(NULL AS varchar)"
        names = ", ".join(name for name, _, _ in columns)
        columns = [*columns, (TEAM, "STRING", "Whose it is; none where it is of no team")]
        physical = {"CustomSql": {
            "DataSourceArn": place.data_source_arn,
            "Name": source,
            "SqlQuery": f"SELECT {names}, {said} AS {TEAM} FROM {schema}.{source}",
            "Columns": _columns(columns),
        }}  # fmt: skip
    else:
        physical = {"RelationalTable": {
            "DataSourceArn": place.data_source_arn,
            "Catalog": "AwsDataCatalog",
            "Schema": schema,
            "Name": source,
            "InputColumns": _columns(columns),
        }}  # fmt: skip
    tags = [
        {"TagColumnOperation": {"ColumnName": name, "Tags": [{"ColumnDescription": {"Text": comment[:_COMMENT_MAX]}}]}}
        for name, _, comment in columns
    ]
    return {
        "AwsAccountId": place.account,
        "DataSetId": data_set_id(source),
        "Name": view.comment.partition(":")[0][:128],
        "PhysicalTableMap": {"source": physical},
        "LogicalTableMap": {"told": {"Alias": source, "Source": {"PhysicalTableId": "source"}, "DataTransforms": tags}},
        "ImportMode": "SPICE" if is_in_memory(source) else "DIRECT_QUERY",
        "RowLevelPermissionDataSet": {
            "Arn": place.arn("dataset", RULES),
            "PermissionPolicy": "GRANT_ACCESS",
            "FormatVersion": "VERSION_1",
            "Namespace": access.namespace,
            "Status": "ENABLED",
        },
    }


def is_in_memory(source: str) -> bool:
    """A metric's view has few rows a day; a table is small if its model says so."""
    return source.startswith(METRIC_PREFIX) or models()[f"gold.{source}"].is_small


def data_source(place: Place) -> Request:
    """``CreateDataSource``: Athena, asked as a role of its own, which may read gold and the views."""
    return {
        "AwsAccountId": place.account,
        "DataSourceId": ATHENA,
        "Name": "promptlake",
        "Type": "ATHENA",
        "DataSourceParameters": {"AthenaParameters": {"WorkGroup": place.workgroup, "RoleArn": place.role_arn}},
    }


def rules(place: Place, access: Access) -> Request:
    """``CreateDataSet`` of who sees which teams. A group without a rule sees nothing, one with a rule of null all."""
    given = access.teams_by_group.items()
    pairs = [(group, team) for group, teams in given for team in ((None,) if teams is None else teams)]
    values = ", ".join(f"({_text(group)}, {_text(_whole(team))})" for group, team in pairs)
    physical = {
        "DataSourceArn": place.data_source_arn,
        "Name": "teams",
        "SqlQuery": f"SELECT * FROM (VALUES {values}) AS rules (GroupName, {TEAM})",
        "Columns": [{"Name": "GroupName", "Type": "STRING"}, {"Name": TEAM, "Type": "STRING"}],
    }
    return {
        "AwsAccountId": place.account,
        "DataSetId": RULES,
        "Name": "Who sees which teams",
        "PhysicalTableMap": {"source": {"CustomSql": physical}},
        "ImportMode": "DIRECT_QUERY",
        "UseAs": "RLS_RULES",
    }


def refresh_schedule(place: Place, source: str) -> Request:
    """``CreateRefreshSchedule`` of a data set in memory: each day, after the night's build."""
    return {
        "AwsAccountId": place.account,
        "DataSetId": data_set_id(source),
        "Schedule": {
            "ScheduleId": "daily",
            "ScheduleFrequency": {"Interval": "DAILY", "Timezone": ZONE, "TimeOfTheDay": REFRESHED_AT},
            "RefreshType": "FULL_REFRESH",
        },
    }


def _columns(columns: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Decimals are floats: those that QuickSight calls fixed end after four digits, where many a cost begins."""
    return [
        {"Name": name, "Type": kind, **({"SubType": "FLOAT"} if kind == "DECIMAL" else {})} for name, kind, _ in columns
    ]


def _type(trino_type: str) -> str:
    return _TYPES[trino_type.partition("(")[0]]


def _whole(team: str | None) -> str | None:
    """A team as rules say it: QuickSight takes what stands between commas for several, unless it is quoted."""
    return f'"{team}"' if team and "," in team else team


def _text(value: str | None) -> str:
    return "CAST(NULL AS varchar)" if value is None else "'" + value.replace("'", "''") + "'"
