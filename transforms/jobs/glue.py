"""How jobs run in Glue: in its session, with an exit code. Who wires them brings the bucket and all else."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from transforms.engines.bucket import Bucket
from transforms.engines.spark_engine import SparkEngine
from transforms.engines.spark_session import settings
from transforms.jobs.build import GateFailed

FAILED = 1
"""Exit code: a rule of severity ``fail`` is broken, and readers keep the last good state."""


@contextmanager
def spark_engine(bucket: Bucket) -> Iterator[SparkEngine]:
    """The engine of a lake in a bucket, in the job's own session."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in settings(bucket.location).items():
        builder = builder.config(name, value)
    with closing(SparkEngine(builder.getOrCreate(), bucket.location, bucket)) as engine:
        yield engine


def run(job: Callable[[], Mapping[str, Any]]) -> int:
    """Do a job and print what it tells, as JSON; returns the exit code."""
    try:
        done = job()
    except GateFailed as failed:
        print(failed, file=sys.stderr)  # noqa: T201 - what Glue shows of a job that failed
        return FAILED
    print(json.dumps(done))  # noqa: T201
    return 0
