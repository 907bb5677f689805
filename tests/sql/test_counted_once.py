"""What is counted is counted once: sums hold whatever arrives, and a day follows from the days around it alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.catalog import models
from tests.sql.cases import Input, Row
from tests.sql.test_cases import on_duckdb
from transforms.jobs.gold import base_tables, reach, window

FIRST = date(2026, 3, 1)
THRESHOLDS: list[Row] = [{"metric": "lcp", "good": 2500.0, "poor": 4000.0}]
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PEOPLE = st.sampled_from(["ann", "bob", None])
PAGES = st.sampled_from(["/", "/orders/4711", "/orders/4712", None])
PIXELS = st.none() | st.integers(-2, 12) | st.integers(-(10**6), 10**6)


def computed(table: str, **given: Sequence[Row]) -> list[Row]:
    """A gold table's rows from rows of what it reads, which leave out what they do not need."""
    model = models()[f"gold.{table}"]
    silver = {name: given.get(name.partition(".")[2], []) for name in base_tables(model.full_name)}
    inputs = {
        name: Input({column: spec.type for column, spec in models()[name].columns.items()}, _whole(rows))
        for name, rows in silver.items()
    }
    types = {"metric": "varchar", "good": "double", "poor": "double"}
    return on_duckdb(model, inputs | {"metric.threshold": Input(types, THRESHOLDS)})


def _whole(rows: Sequence[Row]) -> list[Row]:
    """Rows with an id, a time on their ``day`` and an environment."""
    return [
        {
            "event_id": f"{number:05}",
            "occurred_at": datetime.combine(FIRST, datetime.min.time()) + timedelta(row["day"], row.get("second", 0)),
            "environment": "prod",
            **{key: value for key, value in row.items() if key not in ("day", "second")},
        }
        for number, row in enumerate(rows)
    ]


def total(rows: Iterable[Row], column: str) -> Any:
    return sum(row[column] for row in rows)


CLICKS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 1),
            "action": st.sampled_from(["click", "page_view"]),
            "page": PAGES,
            "element": st.sampled_from(["#a", "#b", None]),
            "device": st.sampled_from(["mobile", None]),
            "user_id": PEOPLE,
            "x_px": PIXELS,
            "y_px": PIXELS,
            "viewport_width_px": PIXELS,
            "viewport_height_px": PIXELS,
        }
    ),
    max_size=30,
)


@FEW
@given(CLICKS)
def test_clicks_of_the_heat_map_sum_to_clicks(acts: list[Row]) -> None:
    rows = computed("heatmap", behavior=acts)
    clicks = [act for act in acts if act["action"] == "click"]
    assert total(rows, "clicks") == len(clicks)
    nowhere = [row for row in rows if row["x_bin"] is None]
    assert total(nowhere, "clicks") == total(rows, "clicks_without_place") + total(rows, "clicks_outside")
    assert all((row["x_bin"] is None) == (row["y_bin"] is None) for row in rows)
    assert all(0 <= row[axis] <= 19 for row in rows if row["x_bin"] is not None for axis in ("x_bin", "y_bin"))
    assert all(row["people"] <= row["clicks"] for row in rows)


def test_a_thousand_pages_are_five_hundred_and_one() -> None:
    pages = [f"/a{'x' * (n // 26)}{chr(97 + n % 26)}" for n in range(1_000)]
    busy: list[Row] = [{"day": 0, "action": "click", "page": page, "user_id": "ann"} for page in [*pages, pages[-1]]]
    rows = computed("heatmap", behavior=busy)
    assert len({row["page"] for row in rows}) == 501
    assert total(rows, "clicks") == 1_001
    assert [row["clicks"] for row in rows if row["page"] == pages[-1]] == [2], "the busiest stands for itself"
    loads = [
        {"day": 0, "name": "LCP", "value": 1.0, "metric_id": f"m{n}", "page": act["page"], "user_id": "ann"}
        for n, act in enumerate(busy)
    ]
    rows = computed("web_vitals_daily", web_vital=loads)
    assert len({row["page"] for row in rows}) == 501
    assert total(rows, "page_loads") == 1_001
    (other,) = [row for row in rows if row["page"] == "other"]
    assert other["people"] == 1, "who was on hundreds of the other pages is one person there"


@FEW
@given(st.lists(st.fixed_dictionaries({"day": st.integers(0, 1), "nps": st.none() | st.integers(0, 10),
                                       "kind": st.sampled_from(["nps", "survey"]), "user_id": PEOPLE,
                                       "survey": st.sampled_from(["s", None]),
                                       "session_id": st.sampled_from(["1", None]),
                                       "answer_number": st.none() | st.floats(-1e12, 1e12)}), max_size=25))  # fmt: skip
def test_promoters_passives_and_detractors_are_all_answers(said: list[Row]) -> None:
    called = [{"day": 0, "session_id": "1", "model": model, "provider": "p"} for model in ("m", "n", "m")]
    rows = computed("nps", feedback=said, prompt_execution=called)
    assert total(rows, "nps_answers") == sum(row["nps"] is not None for row in said)
    assert total(rows, "nps_promoters") == sum(row["nps"] in (9, 10) for row in said)
    assert all(
        row["nps_promoters"] + row["nps_passives"] + row["nps_detractors"] == row["nps_answers"] >= row["people"]
        for row in rows
    )
    results = computed("survey_results", feedback=said, prompt_execution=called)
    assert total(results, "survey_answers") == sum(row["survey"] == "s" or row["kind"] == "survey" for row in said)


TICKETS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 90),
            "second": st.integers(0, 1),
            "ticket_id": st.sampled_from(["1", "2", "3"]),
            "status": st.sampled_from(["open", "solved", "closed"]),
            "opened_at": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001
            "solved_at": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001
            "topic": st.sampled_from(["billing", None]),
        }
    ),
    max_size=20,
)


@FEW
@given(TICKETS)
def test_tickets_are_one_each_unless_silent_for_over_a_month(changes: list[Row]) -> None:
    rows = computed("support_daily", support_ticket=changes)
    spells = 0
    for ticket in {change["ticket_id"] for change in changes}:
        days = sorted(change["day"] for change in changes if change["ticket_id"] == ticket)
        spells += 1 + sum(later - earlier > 30 for earlier, later in pairwise(days))
    assert total(rows, "tickets") == spells
    assert all(
        row["tickets_timed"] + row["tickets_mistimed"] <= row["tickets_solved"] <= row["tickets"] for row in rows
    )
    assert all(0 <= row["resolution_s"] <= 10 * 366 * 86_400 * row["tickets"] for row in rows)


MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 25),
            "message_id": st.sampled_from(["1", "2"]),
            "recipient": PEOPLE,
            "action": st.sampled_from(
                ["sent", "delivered", "opened", "opened", "clicked", "bounced", "complained", "unsubscribed"]
            ),
            "campaign": st.sampled_from(["spring", None]),
        }
    ),
    max_size=20,
)


@FEW
@given(MESSAGES)
def test_no_rate_of_messages_is_over_one(acts: list[Row]) -> None:
    rows = computed("email_daily", email_event=acts)
    for row in rows:
        assert row["emails_sent"] >= row["emails_delivered"] >= row["emails_opened"] >= row["emails_clicked"] >= 0
        assert row["emails_sent"] >= max(row["emails_bounced"], row["people"])
        assert row["emails_delivered"] >= max(row["emails_complained"], row["emails_unsubscribed"])
    told = {(act["message_id"], act["recipient"]) for act in acts if act["action"] == "sent"}
    assert total(rows, "emails_sent") >= len(told)
    silent = [act for act in acts if (act["message_id"], act["recipient"]) not in told]
    assert total(rows, "email_stray_acts") >= len(silent), "what nobody told to have been sent is counted as such"


LOADS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 12),
            "second": st.integers(0, 2),
            "name": st.just("LCP"),
            "metric_id": st.sampled_from(["1", "2", "3"]),
            "value": st.sampled_from([0.0, 2500.0, 2500.5, 1e9]),
            "page": PAGES,
            "user_id": PEOPLE,
        }
    ),
    max_size=20,
)


@FEW
@given(LOADS)
def test_a_load_is_one_unless_it_was_silent_for_over_three_days(sent: list[Row]) -> None:
    rows = computed("web_vitals_daily", web_vital=sent)
    loads = 0
    for load in {row["metric_id"] for row in sent}:
        days = sorted(row["day"] for row in sent if row["metric_id"] == load)
        loads += 1 + sum(later - earlier > 3 for earlier, later in pairwise(days))
    assert total(rows, "page_loads") == loads
    assert all(row["good"] + row["needs_improvement"] + row["poor"] == row["page_loads"] for row in rows)


WIDE = {
    "web_vitals_daily": ("web_vital", LOADS),
    "email_daily": ("email_event", MESSAGES),
    "support_daily": ("support_ticket", TICKETS),
}


@pytest.mark.parametrize("table", WIDE)
@FEW
@given(st.data())
def test_a_day_follows_from_the_days_that_it_says_it_reads(table: str, data: st.DataObject) -> None:
    """So that a build of a few days gives the rows that a build of all gives."""
    silver, rows_of = WIDE[table]
    sent = _whole(data.draw(rows_of))
    whole = computed_from(table, silver, sent)
    days = sorted({row["day"] for row in whole} | {row["occurred_at"].date() for row in sent})
    if days:
        day = data.draw(st.sampled_from(days))
        near = window([day], reach(f"gold.{table}"))
        part = computed_from(table, silver, [row for row in sent if row["occurred_at"].date() in near])
        assert _of(part, day) == _of(whole, day)


def computed_from(table: str, silver: str, whole_rows: Sequence[Row]) -> list[Row]:
    first = datetime.combine(FIRST, datetime.min.time())
    return computed(table, **{silver: [{**row, "day": (row["occurred_at"] - first).days} for row in whole_rows]})


def _of(rows: Iterable[Row], day: date) -> list[str]:
    return sorted(repr(row) for row in rows if row["day"] == day)
