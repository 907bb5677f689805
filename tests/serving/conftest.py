"""An API over a lake of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.dynamodb import dynamodb_local
from tests.serving.lakes import EXAMPLE, Api


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    """The address of DynamoDB Local, started once."""
    with dynamodb_local() as url:
        yield url


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """An API over a lake to which nothing was published yet."""
    return Api(tmp_path)


@pytest.fixture
def filled(api: Api) -> Api:
    """An API over three days of all tables that it reads."""
    api.publish(EXAMPLE)
    return api


@pytest.fixture(scope="module")
def all_filled(tmp_path_factory: pytest.TempPathFactory) -> Api:
    """As ``filled``, once for all that only ask."""
    api = Api(tmp_path_factory.mktemp("lake"))
    api.publish(EXAMPLE)
    return api
