"""The tables that templates are kept in: each of them must behave as the others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from serving.stores.dynamo import DynamoTable
from serving.stores.sqlite import SqliteTable
from serving.stores.table import Table
from tests.services.dynamodb import client
from tests.tables import make_table

KINDS = ("sqlite", "moto", "dynamodb local")
Open = Callable[[], Table]
_numbers = count()


@contextmanager
def tables(kind: str, folder: Path, dynamodb: Callable[[], str]) -> Iterator[Callable[[], Open]]:
    """Makes an empty table; what that gives opens it, each time anew as another process would.

    Args:
        kind: one of ``KINDS``.
        folder: for SQLite's files.
        dynamodb: starts DynamoDB Local and gives its address.
    """
    if kind == "sqlite":
        yield lambda: _sqlite(folder / f"templates-{next(_numbers)}.db")
    elif kind == "moto":
        with mock_aws():
            yield lambda: _dynamo(boto3.client("dynamodb", region_name="eu-central-1"))
    else:
        url = dynamodb()
        yield lambda: _dynamo(client(url))


def _sqlite(path: Path) -> Open:
    return lambda: SqliteTable(path)


def _dynamo(asked: Any) -> Open:
    name = f"templates-{next(_numbers)}"
    make_table(asked, name)
    return lambda: DynamoTable(asked, name)
