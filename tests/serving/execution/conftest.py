"""A kitchen of SQLite, and a model server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.stores.sqlite import SqliteTable
from tests.services.moto import ACCOUNT
from tests.serving.execution.kitchen import Kitchen, open_kitchen
from tests.serving.execution.model_server import ModelServer, model_server


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with model_server() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", served.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT["aws_access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ACCOUNT["aws_secret_access_key"])
        yield served


@pytest.fixture
def kitchen(model: ModelServer, tmp_path: Path) -> Kitchen:
    return open_kitchen(SqliteTable(tmp_path / "templates.db"), model, tmp_path)
