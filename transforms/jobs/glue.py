"""The main job as Glue runs it. Who wires it brings bucket, ledger and consents, and takes the exit code."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sql.prices.book import PriceBook
from transforms.engines.bucket import Bucket
from transforms.engines.spark_engine import SparkEngine
from transforms.engines.spark_session import settings
from transforms.jobs.build import BuildRequest, GateFailed, build
from transforms.jobs.ledger import ConsentLog, JobLedger

FAILED = 1
"""Exit code: a rule of severity ``fail`` is broken, and readers keep the last good state."""


@contextmanager
def spark_engine(bucket: Bucket) -> Iterator[SparkEngine]:
    """The engine of a lake in a bucket, in the job's own session."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in settings(bucket.location).items():
        builder = builder.config(name, value)
    yield SparkEngine(builder.getOrCreate(), bucket.location, bucket)


def run(
    bucket: Bucket,
    ledger: JobLedger,
    consents: ConsentLog,
    drain: Callable[[], int],
    book: PriceBook,
    on_step: Callable[[str], None] = print,
) -> int:
    """Build once; returns the exit code."""
    request = BuildRequest(lambda: spark_engine(bucket), ledger, consents, drain, on_step, book)
    try:
        result = build(request)
    except GateFailed as failed:
        print(failed, file=sys.stderr)  # noqa: T201 - what Glue shows of a job that failed
        return FAILED
    for warning in result.warnings:
        print(f"warning: {warning.sentence}", file=sys.stderr)  # noqa: T201
    return 0
