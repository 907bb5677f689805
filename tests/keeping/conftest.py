"""Each wiring that keeps a lake: a folder, a function over S3 and Glue's catalog, and Spark over the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infra.aws.lake.account import BUCKET, PREFIX, Account
from tests.keeping.wirings import Folder, Function, Glue, Kept
from tests.services.spark import spark as spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FOLDER, FUNCTION, GLUE = "folder", "function", "glue"


@pytest.fixture(scope="module")
def spark(services: Account) -> "Iterator[SparkSession]":
    with spark_session(services.moto_url, f"s3://{BUCKET}/{PREFIX}") as session:
        yield session


@pytest.fixture(params=[FOLDER, FUNCTION, GLUE])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == FOLDER:
        return Folder(tmp_path)
    aws: Account = request.getfixturevalue("aws")
    if request.param == FUNCTION:
        return Function(aws, tmp_path)
    request.getfixturevalue("spark")
    return Glue(aws, tmp_path)
