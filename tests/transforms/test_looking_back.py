"""Tables that look at all that ever was: on a large lake computed with the first build of a day."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from infra.local.erasing import erase_from_lake
from infra.local.lake import Lake
from sql.publication import Publication
from tests.lakes import build_lake, event, make_lake, rows, send
from tests.serving.lakes import Api
from transforms.jobs import build, looking_back

Day = Callable[[int], None]
ADOPTED = "SELECT name, people FROM gold.feature_adoption ORDER BY name"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Day:
    """Makes any lake a large one, and says which day of March builds run on."""
    monkeypatch.setattr(looking_back, "LARGE_EVENTS", 0)

    class Clock(datetime):
        day = 3

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 3, cls.day, 12, tzinfo=tz)

    monkeypatch.setattr(build, "datetime", Clock)
    return lambda day: setattr(Clock, "day", day)


def used(user: str, feature: str) -> dict[str, Any]:
    return event(user_id=user, feature=feature)


def built_with(lake: Lake, *events: dict[str, Any]) -> Publication:
    send(lake, events)
    return build_lake(lake).publication


def test_a_second_build_of_a_day_leaves_them_and_says_so(lake: Lake, large: Day) -> None:
    first = built_with(lake, used("ann", "chat"))
    second = built_with(lake, used("ben", "search"))
    assert rows(lake, ADOPTED) == [("chat", 1)]
    assert rows(lake, "SELECT active_users FROM gold.engagement_daily") == [(2,)]
    assert second.state(["feature_adoption"]).complete_through == first.complete_through
    assert second.state(["engagement_daily"]).complete_through == second.complete_through > first.complete_through
    large(4)
    third = build_lake(lake).publication
    assert rows(lake, ADOPTED) == [("chat", 1), ("search", 1)]
    assert third.state(["feature_adoption"]).as_of == third.as_of == "2026-03-04T12:00:00.000000Z"


def test_an_answer_is_of_when_its_tables_were_computed(lake: Lake, large: Day) -> None:
    first = built_with(lake, used("ann", "chat"))
    large(3)
    second = built_with(lake, used("ben", "search"))
    api = Api(lake.root)
    for path, publication in (("/analytics/engagement/adoption", first), ("/analytics/engagement", second)):
        told = api.get(path).json
        assert told["complete_through"] == publication.complete_through, path


def test_a_later_build_with_nothing_due_changes_nothing(lake: Lake, large: Day) -> None:
    built_with(lake, used("ann", "chat"))
    second = built_with(lake, used("ben", "search"))
    again = build_lake(lake)
    assert again.gold == ()
    assert again.publication.tables == second.tables


def test_a_person_who_is_erased_leaves_them_at_once(lake: Lake, large: Day) -> None:
    built_with(lake, used("ann", "chat"), used("ben", "chat"))
    erase_from_lake(lake, ["ben"])
    assert rows(lake, ADOPTED) == [("chat", 1)]


def test_a_lake_that_is_not_large_leaves_nothing_for_later(lake: Lake) -> None:
    built_with(lake, used("ann", "chat"))
    then = built_with(lake, used("ben", "search"))
    assert rows(lake, ADOPTED) == [("chat", 1), ("search", 1)]
    assert then.state(["feature_adoption"]).as_of == then.as_of
