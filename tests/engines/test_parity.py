"""DuckDB, Spark and Trino give the same rows, for every table of the catalog."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import awswrangler
import duckdb
import pytest
import yaml

from dashboards.boards import load_boards
from dashboards.quicksight import BOARDS
from dashboards.quicksight.data_sets import data_set, source_of
from dashboards.quicksight.place import Access, Place
from infra.aws.lake.views import put_views
from infra.local.delivering import consents_of
from ingest.contracts import layout
from ingest.contracts.types import TOKENS_MAX
from sql.analysis import SCHEMA, analyst_views
from sql.catalog import models, views, wide_views
from sql.checks import Check
from sql.dialects import table_names, to_duckdb
from sql.funnels.file import SHIPPED, read_funnels
from sql.operations import GATE_RESULTS
from sql.prices.book import PriceBook
from sql.prices.daily import SAID, TABLE
from sql.prices.table import load_prices
from sql.publication import read_publication
from sql.question import questions
from tests.engines import awkward, in_trino
from tests.engines.conftest import ATHENAS, BUCKET, Twins
from tests.lakes import event, named, rows, send
from tests.services.athena import athena
from tests.services.moto import ACCOUNT, client
from tests.services.spark import ICEBERG
from tests.services.trino import VERSION, queries
from transforms.engines.inputs import Input, bookings, funnel_steps, model_prices, persons, thresholds
from transforms.engines.spark_engine import SparkEngine
from transforms.engines.spark_session import table_name

SILVER = [name for name, model in models().items() if model.layer == "silver"]
ON_BOARDS = sorted({source_of(told) for board in load_boards(BOARDS).values() for told in board.told})
GOLD = [name for name, model in models().items() if model.layer == "gold"]


def told(found: Iterable[Iterable[Any]]) -> list[str]:
    """Rows in an order of their own, each as text: equal texts are equal values, to the last digit."""
    return sorted(repr(tuple(_plain(value) for value in row)) for row in found)


def _plain(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value  # no engine promises the sign of a zero


def selected(name: str) -> str:
    return f"SELECT {', '.join(models()[name].columns)} FROM "


def test_the_engines_are_those_that_run_in_aws(twins: Twins) -> None:
    ((of_iceberg,),) = twins.spark.sql("SELECT glue.system.iceberg_version()").collect()
    assert twins.spark.version == "3.5.6"
    assert of_iceberg == ICEBERG
    assert twins.trino("SELECT node_version FROM system.runtime.nodes") == [(VERSION,)]


@pytest.mark.parametrize("name", [*SILVER, *GOLD])
def test_spark_commits_the_rows_that_duckdb_does_and_trino_reads_both(twins: Twins, name: str) -> None:
    in_duckdb = told(rows(twins.folder, selected(name) + name))
    assert told(twins.spark.sql(selected(name) + table_name(models()[name])).collect()) == in_duckdb
    assert told(twins.trino(selected(name) + name)) == in_duckdb
    assert told(twins.trino(f"{selected(name)}duckdb.{name}")) == in_duckdb


@pytest.mark.parametrize("name", [*SILVER, *GOLD])
def test_no_table_is_compared_while_it_is_empty(twins: Twins, name: str) -> None:
    assert rows(twins.folder, f"SELECT count(*) FROM {name}") != [(0,)]


@pytest.mark.parametrize("name", GOLD)
def test_trino_computes_the_rows_that_the_others_committed(
    twins: Twins, inputs: dict[str, Input], kept: list[str], name: str
) -> None:
    assert told(twins.trino(in_trino.query(models()[name], inputs, kept))) == told(twins.trino(selected(name) + name))


def test_the_visits_are_those_that_were_worked_out_on_paper(twins: Twins) -> None:
    """In DuckDB's lake; the other engines have the same rows."""
    expected = yaml.safe_load((awkward.PAPER / "expect.yaml").read_text())
    columns = list(dict.fromkeys(column for row in expected for column in row))
    for row in expected:
        row["person"] = named(twins.folder, row["person"])[0]
        if row.get("session_id"):
            row["session_id"] = named(twins.folder, row["session_id"])[0]
    on_paper = f"SELECT {', '.join(columns)} FROM gold.sessions WHERE environment = 'paper'"
    assert told(rows(twins.folder, on_paper)) == told([row.get(column) for column in columns] for row in expected)


@pytest.mark.parametrize("name", SILVER)
def test_trino_reads_bronze_as_the_others_do(twins: Twins, name: str) -> None:
    """All that arrived, of which silver keeps some."""
    arrived, kept = twins.trino(in_trino.query(models()[name], {})), twins.trino(selected(name) + name)
    assert set(told(kept)) <= set(told(arrived))
    again = {sent["event_id"] for sent in awkward.later()}
    assert {row[0] for row in arrived if repr(row) not in map(repr, kept)} <= again


def test_the_partitions_are_those_of_the_embedded_lake(twins: Twins) -> None:
    from transforms.engines.iceberg import Tables

    with closing(Tables(twins.folder.root)) as tables:
        for model in models().values():
            table = tables.find(model)
            assert table is not None
            embedded = [(field.name, str(field.transform)) for field in table.spec().fields]
            partitions = twins.spark.sql(f"DESCRIBE TABLE EXTENDED {table_name(model)}").collect()
            spec = [row[1] for row in partitions if row[0].startswith("Part ")]
            expected = [f"{transform}s({name.removesuffix(f'_{transform}')})" for name, transform in embedded]
            assert spec == expected, model.full_name


def test_extracts_hold_what_the_tables_do(twins: Twins, tmp_path: Path) -> None:
    s3 = client("s3", twins.cloud)
    pointer = read_publication(s3.get_object(Bucket=BUCKET, Key=layout.POINTER)["Body"].read())
    for name, extract in pointer.tables.items():
        folder = tmp_path / name
        folder.mkdir()
        for number, key in enumerate(extract.paths):
            content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            (folder / f"{number}.parquet").write_bytes(content)
        found = duckdb.sql(f"{selected(f'gold.{name}')}read_parquet('{folder}/*.parquet')").fetchall()
        assert told(found) == told(rows(twins.folder, selected(f"gold.{name}") + f"gold.{name}"))
        assert extract.rows == len(found)


def test_an_analysts_own_client_of_athena_gets_what_trino_computes(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv("AWS_DEFAULT_REGION" if name == "region_name" else name.upper(), value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", twins.cloud)
    query = "SELECT day, model, SUM(cost_usd) AS cost_usd, COUNT(*) AS n FROM cost_daily GROUP BY 1, 2 ORDER BY 1, 2"
    with athena(queries(twins.trino_port), twins.cloud) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", url)
        found = awswrangler.athena.read_sql_query(query, "gold", ctas_approach=False, s3_output=f"s3://{BUCKET}/athena")
    in_duckdb = rows(twins.folder, query.replace("cost_daily", "gold.cost_daily"))
    assert [(row.day, row.model, row.cost_usd, row.n) for row in found.itertuples()] == in_duckdb


@pytest.mark.parametrize("name", questions())
def test_the_questions_asked_most_have_the_same_answers_in_trino(twins: Twins, name: str) -> None:
    query = questions()[name].sql
    assert told(twins.trino(query)) == told(rows(twins.folder, to_duckdb(query)))


@pytest.fixture(scope="module")
def views_put(twins: Twins) -> None:
    """As a build in AWS puts them, into the account that DuckDB has built."""
    assert len(put_views(client("glue", twins.function.cloud)).made) == len(analyst_views())


@pytest.mark.usefixtures("views_put")
def test_trino_finds_the_analysts_views_with_their_columns(twins: Twins) -> None:
    query = f"SELECT table_name, column_name, data_type FROM {ATHENAS}.information_schema.columns"
    found = twins.trino(f"{query} WHERE table_schema = '{SCHEMA}'")
    expected = [(v.name, c.name, c.type.replace(" ", "")) for v in analyst_views().values() for c in v.columns]
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.usefixtures("views_put")
@pytest.mark.parametrize("source", ON_BOARDS)
def test_trino_answers_what_boards_read_as_duckdb_does(twins: Twins, source: str) -> None:
    """Views, and tables with whose they are, as QuickSight asks for them."""
    place = Place("123456789012", "eu-central-1", "analysts", "arn:aws:iam::123456789012:role/boards")
    (physical,) = data_set(place, Access({}, place.region), source)["PhysicalTableMap"]["source"].values()
    names = ", ".join(column["Name"] for column in physical.get("Columns") or physical["InputColumns"])
    query = physical.get("SqlQuery") or f"SELECT {names} FROM {physical['Schema']}.{physical['Name']}"
    in_duckdb = told(rows(twins.folder, to_duckdb(query)))
    assert told(twins.trino(query.replace("FROM ", f"FROM {ATHENAS}."))) == in_duckdb != []


def test_trino_reads_what_the_gate_found_by_day(twins: Twins) -> None:
    found = twins.trino(
        f"SELECT table_name, outcome FROM hive.{GATE_RESULTS} "
        "WHERE checked_day BETWEEN current_date - INTERVAL '1' DAY AND current_date AND checked_rows > 0"
    )
    assert ("silver.prompt_execution", "passed") in found


@pytest.fixture(scope="module")
def inputs(twins: Twins) -> dict[str, Input]:
    """What a job lays out beside the tables."""
    with closing(twins.books.ledger()) as ledger, closing(consents_of(twins.books)) as consents:
        booked, waiting = ledger.bookings_and_waiting()
        assert not waiting
        given = [persons("consent.withdrawn", consents.withdrawn("analytics")), bookings(booked), thresholds()]
        given.append(funnel_steps(read_funnels(SHIPPED)))
    tables = {table.name: table for table in given}
    said = twins.trino(in_trino.laid_out(SAID, tables))
    return tables | {TABLE: model_prices(said, [], PriceBook(load_prices()))}


@pytest.fixture(scope="module")
def kept(twins: Twins, inputs: dict[str, Input]) -> list[str]:
    """The views that look beyond their day, computed once as in a build.

    In the place of their names, Trino would plan and compute all of them for every table again.
    """
    twins.trino(f"CREATE SCHEMA {in_trino.KEPT} WITH (location = 's3://{BUCKET}/kept')")
    found: list[str] = []
    for name in filter(wide_views().__contains__, views()):
        rows_of = in_trino.laid_out(views()[name], inputs, found)
        twins.trino(f"CREATE TABLE {in_trino.KEPT}.{name.partition('.')[2]} AS {rows_of}")
        found.append(name)
    return found


FEW = ("gold.price_daily", "gold.cost_daily", "gold.reconciliation")
"""Enough to see what a run that ends early leaves; Spark takes minutes for all."""


@pytest.fixture
def few_models(twins: Twins) -> Iterator[Twins]:
    """The twins with a smaller catalog. For the last tests here: what they send is in no other engine's lake."""
    before = dict(models()), dict(views())
    read = set().union(*(table_names(models()[name].query) for name in FEW))
    for name in [name for name, model in models().items() if model.layer == "gold" and name not in FEW]:
        del models()[name]
    for name in views().keys() - read:
        del views()[name]
    yield twins
    for found, all_of_it in zip((models(), views()), before, strict=True):
        found.clear()  # put back one by one, they would be in another order
        found.update(all_of_it)


class Killed(BaseException):
    pass


def test_a_run_killed_between_its_commits_is_finished_by_the_next(
    few_models: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins, pointer = few_models, {"Bucket": BUCKET, "Key": layout.POINTER}
    published = client("s3", twins.cloud).get_object(**pointer)["Body"].read()
    executions = "SELECT COUNT(*), (SELECT SUM(executions) FROM gold.cost_daily) FROM silver.prompt_execution"
    ((in_silver, in_gold),) = twins.trino(executions)
    send(twins.books, [event(event_id="late", occurred_at="2026-03-02T10:00:00Z")])
    with monkeypatch.context() as dying:
        dying.setattr(SparkEngine, "commit_gold", killed)
        with pytest.raises(Killed):
            twins.run_in_glue()
    assert twins.trino(executions) == [(in_silver + 1, in_gold)]
    assert client("s3", twins.cloud).get_object(**pointer)["Body"].read() == published
    assert twins.run_in_glue() == 0
    assert twins.trino(executions) == [(in_silver + 1, in_gold + 1)]
    gaps = "SELECT SUM(waiting), SUM(ABS(delivery_gap) + ABS(silver_gap)) FROM gold.reconciliation"
    assert twins.trino(gaps) == [(0, 0)]
    assert client("s3", twins.cloud).get_object(**pointer)["Body"].read() != published


def killed(*_: Any) -> None:
    raise Killed


def test_a_failed_gate_leaves_the_last_good_state_to_trino(
    few_models: Twins, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last test here: what it sends stays in bronze."""
    twins = few_models
    name, pointer = "silver.prompt_execution", {"Bucket": BUCKET, "Key": layout.POINTER}
    before = {
        table: told(twins.trino(selected(table) + table)) for table in (name, "gold.cost_daily", "gold.reconciliation")
    }
    published = client("s3", twins.cloud).get_object(**pointer)["Body"].read()
    send(twins.books, [event(event_id="bad", output_tokens=TOKENS_MAX)])
    check = Check(column="output_tokens", rule="between", max=TOKENS_MAX - 1, severity="fail")
    monkeypatch.setitem(models(), name, models()[name].model_copy(update={"checks": (check,)}))
    assert twins.run_in_glue() == 1
    told_why = capsys.readouterr().err
    assert name in told_why
    assert "output_tokens must be at most" in told_why
    assert "event_id bad" in told_why
    assert {table: told(twins.trino(selected(table) + table)) for table in before} == before
    assert client("s3", twins.cloud).get_object(**pointer)["Body"].read() == published
