"""Spark and Trino on the tables of a lake in S3, beside DuckDB on the same rows in a folder.

S3 and Glue are moto's, in one Python process, which is slower than either; so these figures are a floor.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from statistics import median

from infra.local.build import build_lake
from infra.local.delivering import consents_of
from infra.local.lake import Lake, open_lake
from infra.local.query import open_session
from ingest.contracts import layout
from sql.prices.book import open_book
from tests.bench.rows import fill
from tests.services.moto import client, moto
from tests.services.spark import spark
from tests.services.trino import rows, trino
from transforms.engines.bucket import Bucket
from transforms.jobs.build import build
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.glue import spark_engine

EXECUTIONS, DAYS = 1_000_000, 30
SCAN = (
    "SELECT feature, model, count(*), sum(output_tokens), max(latency_ms) FROM {}silver.prompt_execution GROUP BY 1, 2"
)
_BUCKET = "lake"
_AS_IN_LIFE = {
    "spark.driver.extraJavaOptions": "-Daws.region=us-east-1 -Daws.accessKeyId=any -Daws.secretAccessKey=any",
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
    "spark.sql.adaptive.enabled": "true",
}
"""What tests of a few rows have otherwise."""


@dataclass(frozen=True)
class Engines:
    """Seconds: the build from bronze to publication in a running session, and a scan and group of all executions."""

    duckdb_build_s: float
    spark_build_s: float
    duckdb_scan_s: float
    spark_scan_s: float
    trino_scan_s: float


def measure(folder: Path, executions: int = EXECUTIONS) -> Engines:
    root = folder / "engines"
    fill(root, executions, DAYS, 0, executions)
    books = open_lake(copytree(root, folder / "books"))
    here = open_lake(root)
    duckdb_build_s = _took_s(lambda: build_lake(here))
    with closing(open_session(here)) as db:
        duckdb_scan_s = _median_s(lambda: db.execute(SCAN.format("")).fetchall())
    with moto() as cloud:
        _upload(books, cloud)
        with spark(cloud, f"s3://{_BUCKET}", _AS_IN_LIFE) as session:
            spark_build_s = _took_s(lambda: _build_in_spark(books, cloud))
            spark_scan_s = _median_s(lambda: session.sql(SCAN.format("glue.")).collect())
        (folder / "trino").mkdir()
        with trino(cloud, folder / "trino", {}, optimised=True) as port:
            trino_scan_s = _median_s(lambda: rows(port, SCAN.format("")))
    return Engines(duckdb_build_s, spark_build_s, duckdb_scan_s, spark_scan_s, trino_scan_s)


def _upload(books: Lake, cloud: str) -> None:
    s3 = client("s3", cloud)
    s3.create_bucket(Bucket=_BUCKET)
    for path in (books.root / layout.BRONZE).rglob("*.parquet"):
        s3.upload_file(str(path), _BUCKET, path.relative_to(books.root).as_posix())


def _build_in_spark(books: Lake, cloud: str) -> None:
    bucket = Bucket(client("s3", cloud), _BUCKET)
    with closing(books.ledger()) as ledger, closing(consents_of(books)) as consents:
        complete_us = books.drain().complete_through_us
        book = open_book(books.root)
        build(BuildRequest(lambda: spark_engine(bucket), ledger, consents, lambda: complete_us, book=book))


def _took_s(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median_s(work: Callable[[], object]) -> float:
    return median(_took_s(work) for _ in range(5))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(measure(Path(scratch), int(sys.argv[1]) if sys.argv[1:] else EXECUTIONS))
