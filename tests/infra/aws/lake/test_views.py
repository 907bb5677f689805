"""The analysts' views in an account's catalog: as they are defined now, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.aws.lake.views import MARK, Changed, put_views
from sql.analysis import SCHEMA, View, ViewColumn, analyst_views
from tests.services.moto import client, moto

ONE = View("one", "One.", (ViewColumn("a", "bigint", "It."),), "SELECT CAST(1 AS BIGINT) AS a")
TWO = replace(ONE, name="two")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture
def glue(url: str) -> Iterator[Any]:
    made = client("glue", url)
    yield made
    made.delete_database(Name=SCHEMA)


def there(glue: Any) -> dict[str, Any]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=SCHEMA)
    return {table["Name"]: table for page in pages for table in page["TableList"]}


def test_all_views_are_put_with_their_comments_and_then_nothing_is_to_do(glue: Any) -> None:
    assert set(put_views(glue).made) == analyst_views().keys()
    found = there(glue)
    for name, view in analyst_views().items():
        assert found[name]["TableType"] == "VIRTUAL_VIEW"
        comments = [column["Comment"] for column in found[name]["StorageDescriptor"]["Columns"]]
        assert comments == [column.comment for column in view.columns]
    assert put_views(glue) == Changed()


def test_a_view_follows_its_definition_and_goes_with_its_metric(glue: Any) -> None:
    put_views(glue, {"one": ONE, "two": TWO})
    newer = replace(ONE, sql="SELECT CAST(2 AS BIGINT) AS a")
    assert put_views(glue, {"one": newer}) == Changed(updated=("one",), removed=("two",))
    assert there(glue)["one"]["ViewOriginalText"] == newer.glue_table()["ViewOriginalText"]
    renamed = replace(newer, columns=(ViewColumn("a", "bigint", "It, said better."),))
    assert put_views(glue, {"one": renamed}).updated == ("one",)
    assert there(glue)["one"]["StorageDescriptor"]["Columns"][0]["Comment"] == "It, said better."


def test_views_of_analysts_own_stay_and_one_that_was_made_by_hand_is_taken_over(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": SCHEMA})
    for view in (replace(ONE, name="mine"), ONE):  # as Athena makes them, without a mark
        glue.create_table(DatabaseName=SCHEMA, TableInput=view.glue_table())
    assert put_views(glue, {"one": ONE}) == Changed(updated=("one",))
    assert there(glue)["one"]["Parameters"].items() >= MARK.items()
    assert put_views(glue, {}) == Changed(removed=("one",))
    assert set(there(glue)) == {"mine"}
