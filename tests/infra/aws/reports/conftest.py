"""Reports are mailed to two people in an account of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.aws.reports import bounces, unsubscribe
from serving.lambdas import publishing
from tests.infra.aws.lake.account import Account
from tests.infra.aws.reports.office import ANN, BO, Office


@pytest.fixture
def office(aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = Office(aws, tmp_path)
    (tmp_path / "reports.json").write_text(json.dumps({"finance/week": [ANN, BO]}))
    made.verify_sender()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    cached = (publishing.reader, unsubscribe._mailing, bounces._client)
    for one in cached:
        one.cache_clear()
    yield made
    for one in cached:
        one.cache_clear()
