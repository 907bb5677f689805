"""The jobs of a lake in AWS with DuckDB, in one function's memory and disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from infra.aws.lake.jobs import Jobs
from infra.aws.lake.lake import AwsLake
from infra.aws.lake.limits import Limits
from transforms.engines.duck_engine import duck_engine


@contextmanager
def jobs_of(lake: AwsLake, limits: Limits) -> Iterator[Jobs]:
    """The jobs, for as long as the function lives at most.

    Raises:
        Busy: another job is running.
        TooLarge: it does not fit.
    """
    engine = partial(duck_engine, lake.mirror, lake.mirror.bucket, limits.memory_mb)
    with limits.told(), lake.alone(limits.remaining_s()):
        yield Jobs(lake, engine, limits.step)
