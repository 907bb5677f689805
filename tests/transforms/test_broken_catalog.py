"""A build with models that can't be right touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sql.catalog import CatalogError, models
from sql.check import check_catalog
from sql.lineage import resolved
from tests.lakes import build_lake, event, make_lake, send


@pytest.fixture(autouse=True)
def _checked_anew() -> Iterator[None]:
    """Not what an earlier test found, and nothing for a later one."""
    for verdict in (resolved, check_catalog):
        verdict.cache_clear()
    yield
    for verdict in (resolved, check_catalog):
        verdict.cache_clear()


def test_a_broken_model_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = make_lake(tmp_path / "lake")
    send(lake, [event()])
    name = "gold.error_daily"
    broken = models()[name].query.replace("COUNT(*)", "MAX(eror_class)")
    monkeypatch.setitem(models(), name, models()[name].model_copy(update={"query": broken}))
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")}
    with pytest.raises(CatalogError, match=r"error_daily/query.sql:12: there is no column 'eror_class' to read here."):
        build_lake(lake)
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")} == before
    monkeypatch.undo()
    check_catalog.cache_clear()
    resolved.cache_clear()
    assert build_lake(lake).new_rows == {"prompt_execution": 1}
