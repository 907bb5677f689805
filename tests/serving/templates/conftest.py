"""Tables of each kind, and the API over one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.stores.sqlite import SqliteTable
from tests.serving.templates.people import Clock, Site, open_desk
from tests.serving.templates.tables import KINDS, Open, tables


@pytest.fixture(scope="module", params=KINDS)
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Open]]:
    """Makes an empty table of each kind."""
    folder = tmp_path_factory.mktemp("templates")
    with tables(request.param, folder, lambda: request.getfixturevalue("dynamodb")) as make:
        yield make


@pytest.fixture(params=[KINDS[0], KINDS[2]])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """A table that many open at once. moto is left out: it does not keep transactions apart from each other."""
    with tables(request.param, tmp_path, lambda: request.getfixturevalue("dynamodb")) as make:
        yield make()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The API over an empty SQLite table."""
    clock = Clock()
    return Site(open_desk(SqliteTable(tmp_path / "templates.db"), clock), clock, tmp_path)
