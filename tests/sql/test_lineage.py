"""Lineage is derived from the queries, through views and other tables, down to the contracts."""

from __future__ import annotations

from ingest.contracts.derive import table_columns
from ingest.contracts.registry import EVENTS
from sql.catalog import models, views
from sql.given import GIVEN
from sql.lineage import dependencies, direct_lineage, lineage


def test_a_cost_is_made_of_tokens_and_prices() -> None:
    made_of = lineage()["gold.cost_daily"]["cost_usd"]
    assert ("bronze.prompt_execution", "cache_write_1h_tokens") in made_of
    assert ("price.model_price", "output_usd") in made_of
    assert ("bronze.prompt_execution", "latency_ms") not in made_of


def test_a_column_is_followed_through_gold_and_views() -> None:
    assert dependencies()["gold.engagement_daily"] == {"gold.person_daily", "silver.visited_act"}
    assert direct_lineage()["gold.engagement_daily"]["page_views"] == {("gold.person_daily", "page_views")}
    assert lineage()["gold.engagement_daily"]["page_views"] >= {("bronze.behavior", "action")}


def test_a_count_of_rows_is_made_of_no_column() -> None:
    assert lineage()["gold.cost_daily"]["executions"] == frozenset()


def test_every_column_of_every_table_has_its_lineage_and_ends_in_what_is_given() -> None:
    leaves = {(f"bronze.{name}", c.name) for name in EVENTS for c in table_columns(name)}
    leaves |= {(table, column) for table, columns in GIVEN.items() for column in columns}
    found = lineage()
    assert found.keys() == {*models(), *views()}
    for name, model in models().items():
        assert found[name].keys() == model.columns.keys(), name
        assert frozenset().union(*found[name].values()) <= leaves, name


def test_a_silver_column_is_its_contracts_field() -> None:
    assert lineage()["silver.feedback"]["occurred_at"] == {("bronze.feedback", "occurred_at_us")}
