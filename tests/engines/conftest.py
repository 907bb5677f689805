"""One lake, built twice: by DuckDB in a folder, and by Spark over a stand-in's S3 and Glue, which Trino reads."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from infra.aws.lake.prices import book_in
from infra.local.delivering import consents_of, open_transform
from infra.local.lake import Lake
from ingest.contracts import layout
from ingest.contracts.derive import glue_table, table_columns
from ingest.contracts.registry import EVENTS
from ingest.delivery.privacy.consent import Choice
from sql.operations import gate_results_table
from tests.engines import awkward
from tests.lakes import build_lake, make_lake, send
from tests.services.moto import ACCOUNT, client, moto
from tests.services.spark import spark as spark_session
from tests.services.trino import rows as trino_rows
from tests.services.trino import trino as trino_server
from transforms.engines.bucket import Bucket
from transforms.engines.duck_engine import duck_engine
from transforms.engines.mirror import Mirror
from transforms.jobs.build import build
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.glue import run, spark_engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BUCKET = "lake"
URL = f"s3://{BUCKET}"
ATHENAS = "awsdatacatalog"
"""What Athena calls Glue's catalog, and so the analysts' views what they read."""
GONE = ("gone", "gone-browser")
"""Who takes back consent after the first build."""


@dataclass
class Twins:
    """The same lake, as each engine built it."""

    folder: Lake
    books: Lake
    """The ledger, the spool and the consents of the lake in the bucket; its bronze is uploaded from here."""
    spark: "SparkSession"
    cloud: str
    trino_port: int
    function: "Function"

    def trino(self, query: str) -> list[tuple[Any, ...]]:
        return trino_rows(self.trino_port, query)

    def run_in_glue(self) -> int:
        """The whole job, as Glue runs it; returns its exit code."""
        bucket = Bucket(client("s3", self.cloud), BUCKET)
        with closing(self.books.ledger()) as ledger, closing(consents_of(self.books)) as consents:
            request = BuildRequest(lambda: spark_engine(bucket), ledger, consents, self._drain, book=book_in(bucket))
            return run(lambda: build(request).to_dict())

    def _drain(self) -> int:
        until_us = self.books.drain().complete_through_us
        for path in (self.books.root / layout.BRONZE).rglob("*.parquet"):
            client("s3", self.cloud).upload_file(str(path), BUCKET, path.relative_to(self.books.root).as_posix())
        return until_us


@dataclass
class Function:
    """The same lake once more, as DuckDB builds it in AWS: in another account, where Trino sees it as ``duckdb``."""

    books: Lake
    cloud: str

    def build(self) -> None:
        given = {"glue.endpoint": self.cloud}
        given |= {f"client.{name.removeprefix('aws_').replace('_', '-')}": value for name, value in ACCOUNT.items()}
        given["client.region"] = ACCOUNT["region_name"]
        mirror = Mirror(self.books.root, Bucket(client("s3", self.cloud), BUCKET), given)
        with closing(self.books.ledger()) as ledger, closing(consents_of(self.books)) as consents:
            build(BuildRequest(partial(duck_engine, mirror, mirror.bucket), ledger, consents, self._drain))

    def _drain(self) -> int:
        return self.books.drain().complete_through_us


@pytest.fixture(scope="module")
def other_cloud() -> Iterator[str]:
    with moto() as url:
        client("s3", url).create_bucket(Bucket=BUCKET)
        yield url


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with moto() as url:
        client("s3", url).create_bucket(Bucket=BUCKET)
        _declare_bronze(client("glue", url))
        _declare_operations(client("glue", url))
        yield url


@pytest.fixture(scope="module")
def spark(cloud: str) -> "Iterator[SparkSession]":
    with spark_session(cloud, URL) as session:
        yield session


@pytest.fixture(scope="module")
def trino_port(cloud: str, other_cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    others = {"duckdb": other_cloud, ATHENAS: other_cloud}
    with trino_server(cloud, tmp_path_factory.mktemp("trino"), others) as port:
        yield port


@pytest.fixture(scope="module")
def twins(
    cloud: str, other_cloud: str, spark: "SparkSession", trino_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Twins:
    """Built twice, so that the second build is an increment on what the first has left."""
    folder = make_lake(tmp_path_factory.mktemp("twins") / "folder")
    of_spark, of_duckdb = (make_lake(copytree(folder.root, folder.root.with_name(n))) for n in ("spark", "duckdb"))
    twins = Twins(folder, of_spark, spark, cloud, trino_port, Function(of_duckdb, other_cloud))
    for events, then in ((awkward.first(), _withdraw), (awkward.later(), lambda _: None)):
        assert not send(folder, events).refusals
        for books in (of_spark, of_duckdb):
            copytree(folder.root / layout.SPOOL, books.root / layout.SPOOL, dirs_exist_ok=True)
        build_lake(folder)
        twins.function.build()
        assert twins.run_in_glue() == 0
        then(twins)
    return twins


def _withdraw(twins: Twins) -> None:
    for lake in (twins.folder, twins.books, twins.function.books):
        choice = Choice(None, GONE, {"analytics": False}, datetime(2026, 4, 1, tzinfo=UTC))
        open_transform(lake).decide([choice])


def _declare_operations(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": layout.OPERATIONS})
    _create(glue, layout.OPERATIONS, gate_results_table(), f"{URL}/{layout.GATE_RESULTS}")


def _declare_bronze(glue: Any) -> None:
    """Tables as a deployed lake has them: partitions are not listed, but projected."""
    glue.create_database(DatabaseInput={"Name": "bronze"})
    for name, contract in EVENTS.items():
        table = glue_table(name, contract.TITLE, table_columns(name))
        location = f"{URL}/{layout.bronze_table(name)}"
        key = f"projection.{layout.HOUR_KEY}"
        table["Parameters"] = {
            "classification": "parquet",
            "projection.enabled": "true",
            f"{key}.type": "date",
            f"{key}.format": layout.PROJECTION_HOUR_FORMAT,
            f"{key}.range": "NOW-6HOURS,NOW+1HOURS",
            f"{key}.interval": "1",
            f"{key}.interval.unit": "HOURS",
            "storage.location.template": f"{location}/{layout.HOUR_KEY}=${{{layout.HOUR_KEY}}}",
        }
        _create(glue, "bronze", table, location)


def _create(glue: Any, database: str, table: dict[str, Any], location: str) -> None:
    serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    described = table["StorageDescriptor"] | {
        "Location": location,
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": serde},
    }
    glue.create_table(
        DatabaseName=database, TableInput={**table, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": described}
    )
