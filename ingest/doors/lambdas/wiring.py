"""What the functions are wired with: settings from the environment, Firehose, and counts as CloudWatch metrics."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import boto3
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from ingest.delivery.firehose import FirehoseSink
from ingest.doors.origins import Origins, parse

PREFIX_VARIABLE = "PROMPTLAKE_STREAM_PREFIX"
"""Environment variable: what the stage's Firehose streams are called before the table's name."""

ORIGINS_VARIABLE = "PROMPTLAKE_ALLOWED_ORIGINS"
"""Environment variable: origins whose pages may send, with commas between them; ``*`` is any."""

METRICS_NAMESPACE = "promptlake"


@cache
def sink() -> FirehoseSink:
    """The sink of this function, made at its first request.

    Raises:
        KeyError: ``PROMPTLAKE_STREAM_PREFIX`` is not set.
    """
    return FirehoseSink(boto3.client("firehose"), os.environ[PREFIX_VARIABLE], book, now)


@cache
def origins() -> Origins:
    """Whose pages may send.

    Raises:
        ValueError: one in ``PROMPTLAKE_ALLOWED_ORIGINS`` is none.
    """
    named = os.environ.get(ORIGINS_VARIABLE, "").split(",")
    return Origins(frozenset(parse(origin) for origin in named if origin.strip()))


def now() -> datetime:
    return datetime.now(UTC)


def book(door: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Write counts as embedded metrics, which CloudWatch reads from the function's log at no further call."""
    for kind, by_type in counts.items():
        for event_type, count in by_type.items():
            with single_metric(kind, MetricUnit.Count, count, namespace=METRICS_NAMESPACE) as metric:
                metric.add_dimension("door", door)
                metric.add_dimension("event_type", event_type)
