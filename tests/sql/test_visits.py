"""Visits part the acts, none lost, none twice; a day's follow from as many days as the views say; people count once."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sql.catalog import models
from sql.given import GIVEN
from tests.sql.cases import Input, Row
from tests.sql.test_cases import on_duckdb
from transforms.jobs.gold import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = datetime(2026, 3, 20)  # noqa: DTZ001 - SQL's TIMESTAMP has no zone
DAYS = 14
_NEAR_MIDNIGHT = st.integers(0, DAYS).flatmap(lambda day: st.integers(-45, 45).map(lambda minute: day * 1440 + minute))
ACTS = st.lists(
    st.fixed_dictionaries(
        {
            "minute": _NEAR_MIDNIGHT | st.integers(0, DAYS * 1440),
            "user_id": st.sampled_from(["ann", "bob", None, None]),
            "anonymous_id": st.sampled_from(["x", "y", None]),
            "session_id": st.sampled_from(["S", "T", None, None]),
            "is_bot": st.sampled_from([None, None, None, None, True]),
            "feature": st.sampled_from(["chat", "search", None]),
        }
    ),
    min_size=1,
    max_size=30,
)


def computed(name: str, **rows: Sequence[Row]) -> list[Row]:
    """A gold table's rows, from rows of the tables it reads; those that are not given are empty."""
    model = models()[f"gold.{name}"]
    given = {table.replace("__", "."): found for table, found in rows.items()}
    types = {full: {c: spec.type for c, spec in found.columns.items()} for full, found in models().items()}
    inputs = {full: Input(types[full], given.get(full, [])) for full in types if full in given or full[:6] == "silver"}
    inputs |= {full: Input(columns, []) for full, columns in GIVEN.items()}
    return on_duckdb(model, inputs)


def behavior(acts: Sequence[Row]) -> list[Row]:
    """Acts as rows of silver."""
    return [
        {
            **{name: value for name, value in act.items() if name != "minute"},
            "event_id": str(number),
            "occurred_at": FIRST + timedelta(minutes=act["minute"]),
            "environment": "prod",
            "action": "feature_used",
        }
        for number, act in enumerate(acts)
    ]


def of_day(rows: Sequence[Row], day: date) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in rows if row["day"] == day), key=repr)


@settings(max_examples=15, deadline=None)
@given(ACTS, st.integers(0, DAYS))
def test_visits_part_the_acts_and_follow_from_a_few_days(acts: list[Row], number: int) -> None:
    silver = behavior(acts)
    visits = computed("sessions", silver__behavior=silver)
    people = computed("person_daily", gold__sessions=visits)
    left_out = computed("engagement_daily", silver__behavior=silver, gold__person_daily=people)
    assert sum(row["events"] + row["bot_events"] + row["unknown_events"] for row in left_out) == len(acts)
    assert sum(row["events"] for row in visits) == sum(row["events"] for row in left_out)
    assert all(row["duration_s"] < 2 * 86_400 and row["day"] == row["started_at"].date() for row in visits)
    keys = Counter((row["day"], row["person"], row["session_id"], row["session_number"]) for row in visits)
    assert set(keys.values()) <= {1}

    day, looks = (FIRST + timedelta(number)).date(), reach("gold.sessions")
    nearby = [act for act in silver if -looks.before <= (act["occurred_at"].date() - day).days <= looks.after]
    assert of_day(computed("sessions", silver__behavior=nearby), day) == of_day(visits, day)


@settings(max_examples=15, deadline=None)
@given(ACTS)
def test_cohorts_and_segments_hold_everybody_once(acts: list[Row]) -> None:
    silver = behavior(acts)
    visits = computed("sessions", silver__behavior=silver)
    people = computed("person_daily", gold__sessions=visits)
    used = computed("use_daily", silver__behavior=silver, gold__sessions=visits)
    everybody = len({row["person"] for row in people})
    cohorts = computed("retention_cohorts", gold__person_daily=people, gold__use_daily=used)
    for granularity in ("day", "week", "month"):
        first = [row for row in cohorts if row["granularity"] == granularity and row["age"] == 0]
        assert sum(row["people"] for row in first) == everybody
    if people:
        periods = Counter((row["environment"], row["person"], row["day"]) for row in people)
        returned = sum(row["returned"] for row in cohorts if row["granularity"] == "day")
        assert returned == len(periods)
    segments = computed("user_segments", gold__person_daily=people)
    assert sum(row["people"] for row in segments) == everybody
    for row in computed("feature_adoption", gold__person_daily=people, gold__use_daily=used):
        assert row["people_again"] <= row["people"] <= row["people_in_all"] == everybody
        assert row["uses"] == sum(one["uses"] for one in used if one[row["subject"]] == row["name"])
