"""Looks at what the functions depend on: the table, the bucket and a stream."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from serving.lambdas.variables import BUCKET_VARIABLE, STREAMS_VARIABLE, TABLE_VARIABLE
from serving.logic.health import Component

_QUICK = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
"""Who asks whether all is well does not wait for what is not."""


def components() -> list[Component]:
    """Each of them, as it is now.

    Needs ``dynamodb:DescribeTable``, ``s3:ListBucket`` and ``firehose:DescribeDeliveryStream``.
    """
    return [
        _looked_at("templates", lambda: _client("dynamodb").describe_table(TableName=os.environ[TABLE_VARIABLE])),
        _looked_at("lake", lambda: _client("s3").head_bucket(Bucket=os.environ[BUCKET_VARIABLE])),
        _looked_at("stream", lambda: _client("firehose").describe_delivery_stream(DeliveryStreamName=_stream())),
    ]


def _stream() -> str:
    """That of executions stands for all."""
    return os.environ[STREAMS_VARIABLE] + "prompt_execution"


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=_QUICK)


def _looked_at(name: str, look: Callable[[], Any]) -> Component:
    try:
        look()
    except (BotoCoreError, ClientError) as error:
        return Component(name, f"It can't be reached ({error}).")
    return Component(name)
