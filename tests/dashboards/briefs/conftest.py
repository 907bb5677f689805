"""Weeks of a small lake, of which a model was changed in the last."""

from collections.abc import Callable

import pytest

from sql.reader import PublishedTables
from tests.dashboards.briefs.weeks import Rows, six_weeks


@pytest.fixture
def weeks() -> Rows:
    return six_weeks()


@pytest.fixture
def published(publish: Callable[[Rows], PublishedTables], weeks: Rows) -> PublishedTables:
    return publish(weeks)
