"""The analysts' views in Glue's catalog, put there by whoever commits the tables that they read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sql.analysis import SCHEMA, VIRTUAL_VIEW, View, analyst_views

MARK = {"promptlake": "view"}
"""A parameter of the views that are ours: of analysts' own in the same database nothing is touched."""


@dataclass(frozen=True)
class Changed:
    """The names of views that were made, brought up to date, or removed since their table or metric is gone."""

    made: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def put_views(glue: Any, wanted: Mapping[str, View] | None = None) -> Changed:
    """Have every view as it is defined, each in one call, and none of ours that is not.

    Args:
        glue: boto3's client.
        wanted: by name; all of the catalog by default.

    Raises:
        ClientError: Glue does not let us, or somebody has a table under one of these names. What was put by then is
            whole, and the same call does the rest.
    """
    inputs = {name: _input(view) for name, view in (analyst_views() if wanted is None else wanted).items()}
    there = {table["Name"]: table for table in _tables(glue)}
    # One of these names may have been made by hand, from what `python -m sql.analysis` prints; then it has no mark.
    views = {name for name, table in there.items() if table.get("TableType") == VIRTUAL_VIEW}
    made = tuple(name for name in inputs if name not in views)
    updated = tuple(name for name in inputs if name in views and not _is_same(there[name], inputs[name]))
    removed = tuple(name for name in there if name not in inputs and _is_ours(there[name]))
    for name in made:
        glue.create_table(DatabaseName=SCHEMA, TableInput=inputs[name])
    for name in updated:
        glue.update_table(DatabaseName=SCHEMA, TableInput=inputs[name])
    for name in removed:
        glue.delete_table(DatabaseName=SCHEMA, Name=name)
    return Changed(made, updated, removed)


def _input(view: View) -> dict[str, Any]:
    table = view.glue_table()
    return table | {"Parameters": {**table["Parameters"], **MARK}}


def _tables(glue: Any) -> Iterator[dict[str, Any]]:
    try:
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=SCHEMA):
            yield from page["TableList"]
    except glue.exceptions.EntityNotFoundException:
        # The stack makes it; a lake that was deployed before there were views has none yet.
        glue.create_database(DatabaseInput={"Name": SCHEMA})


def _is_ours(table: Mapping[str, Any]) -> bool:
    return bool(table.get("Parameters", {}).items() >= MARK.items())


def _is_same(table: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """What we say of a view; Glue adds times and defaults of its own."""
    columns = table["StorageDescriptor"]["Columns"] == wanted["StorageDescriptor"]["Columns"]
    return columns and _is_ours(table) and table.get("ViewOriginalText") == wanted["ViewOriginalText"]
