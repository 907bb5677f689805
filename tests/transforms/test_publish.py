"""What a build publishes: a part for each month, written anew only where its days were computed anew."""

from pathlib import Path

import pytest

from infra.local.lake import Lake
from sql.catalog import models
from sql.publication import WHOLE, Part, Publication
from sql.reader import Reader
from tests.lakes import build_lake, event, make_lake, rows, send

DAYS = ("2025-12-31", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def build_with(lake: Lake, *days: str) -> Publication:
    send(lake, [event(occurred_at=f"{day}T12:00:00Z", user_id=f"u-{day}") for day in days])
    return build_lake(lake).publication


def parts(publication: Publication, table: str = "cost_daily") -> dict[str, Part]:
    return publication.tables[table].parts


def test_months_without_anything_new_stay_the_files_they_were(lake: Lake) -> None:
    first = build_with(lake, "2025-12-31", "2026-01-31", "2026-02-01")
    assert list(parts(first)) == ["2025-12", "2026-01", "2026-02"]
    then = build_with(lake, "2026-02-28", "2026-03-01")
    assert list(parts(then)) == ["2025-12", "2026-01", "2026-02", "2026-03"]
    kept = {month for month, part in parts(then).items() if parts(first).get(month) == part}
    assert kept == {"2025-12", "2026-01"}
    assert [part.rows for part in parts(then).values()] == [1, 1, 2, 1]
    assert then.tables["cost_daily"].rows == 5


def test_a_table_that_is_not_by_day_is_one_part(lake: Lake) -> None:
    publication = build_with(lake, "2026-02-01")
    assert list(parts(publication, "template_scorecard")) == [WHOLE]


def test_a_lost_part_is_written_anew_with_all_others(lake: Lake) -> None:
    publication = build_with(lake, *DAYS)
    (lake.root / parts(publication)["2026-02"].path).unlink()
    mended = build_lake(lake).publication
    assert [part.rows for part in parts(mended).values()] == [1, 1, 2, 1]


def test_what_is_published_is_gold_after_any_builds(lake: Lake) -> None:
    for days in (DAYS[:3], DAYS[2:], DAYS[::2]):
        publication = build_with(lake, *days)
    tables = Reader(lake.root).current()
    for model in models().values():
        if model.layer == "gold" and model.published:
            query = f"SELECT {', '.join(model.columns)} FROM {model.full_name}"
            stored = rows(lake, query)
            assert sorted(repr(tuple(row.values())) for row in tables.rows(query)) == sorted(map(repr, stored))
            assert len(stored) == publication.tables[model.name].rows
