"""Budgets: kept, counted by many at once, told of once, and begun anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.logic.budgets.counting import Counting
from serving.logic.budgets.model import Budget, period_at, to_pico, to_usd
from serving.logic.budgets.notices import Notice
from serving.logic.refused import RequestRefused
from serving.stores.records import RecordStore
from tests.serving.execution.kitchen import ANSWER_USD, SHOP, Kitchen
from tests.serving.templates.people import ADA, ANN, BOB, VERA
from tests.serving.templates.tables import KINDS, Open, tables

NOW = datetime(2100, 3, 31, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module", params=[KINDS[0], KINDS[2]])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Open]]:
    folder = tmp_path_factory.mktemp("budgets")
    with tables(request.param, folder, lambda: request.getfixturevalue("dynamodb")) as make:
        yield make


def budget(budget_id: str, limit_pico: int, action: str = "block") -> Budget:
    signed = {"created_by": "ada", "created_at": NOW, "changed_by": "ada", "changed_at": NOW}
    return Budget.model_validate(
        {"id": budget_id, "environment": "default", "revision": 1, "period": "day", "action": action,
         "amount_usd": Decimal(to_usd(limit_pico))} | signed
    )  # fmt: skip


def test_who_may_keep_budgets_and_how_they_are_changed_by_one_at_a_time(kitchen: Kitchen) -> None:
    terms = {"amount_usd": "10.50", "period": "month", "action": "warn", "scope": {"team": "growth"}}
    for who in (ANN, BOB, VERA, SHOP):
        assert kitchen.ask(who, "POST", "/budgets", {"id": "growth"} | terms).json["code"] == "wrong_role"
    made = kitchen.ask(ADA, "POST", "/budgets", {"id": "growth"} | terms)
    assert (made.status, made.json["amount_usd"], made.json["created_by"]) == (201, "10.50", "ada")
    assert kitchen.ask(ADA, "POST", "/budgets", {"id": "growth"} | terms).json["code"] == "exists"
    read = kitchen.ask(VERA, "GET", "/budgets/growth")
    assert (read.json, read.headers["ETag"]) == (made.json, made.headers["ETag"])
    assert kitchen.ask(ADA, "PUT", "/budgets/growth", terms).status == 428
    seen = {"If-Match": read.headers["ETag"]}
    changed = kitchen.ask(ADA, "PUT", "/budgets/growth", terms | {"action": "block"}, headers=seen)
    assert (changed.status, changed.json["action"], changed.json["revision"]) == (200, "block", 2)
    assert kitchen.ask(ADA, "PUT", "/budgets/growth", terms, headers=seen).json["code"] == "changed_meanwhile"
    assert kitchen.ask(ADA, "DELETE", "/budgets/growth", headers=seen).json["code"] == "changed_meanwhile"
    for number in range(3):
        kitchen.budget(f"b{number}")
    page = kitchen.ask(VERA, "GET", "/budgets", query={"limit": "2"}).json
    assert ([one["id"] for one in page["records"]], page["next"]) == (["b0", "b1"], "b1")
    page = kitchen.ask(VERA, "GET", "/budgets", query={"after": "b1"}).json
    assert ([one["id"] for one in page["records"]], page["next"]) == (["b2", "growth"], None)
    assert kitchen.ask(ADA, "DELETE", "/budgets/growth", headers={"If-Match": "*"}).status == 200
    assert kitchen.ask(ADA, "GET", "/budgets/growth").json["code"] == "no_such_budget"
    for wrong in (
        {"amount_usd": "0"},
        {"amount_usd": "1e9"},
        {"amount_usd": "x"},
        {"period": "year"},
        {"scope": {"a": 1}},
    ):
        assert kitchen.ask(ADA, "POST", "/budgets", {"id": "x"} | terms | wrong).json["code"] == "invalid_body", wrong


def test_a_spent_budget_blocks_until_it_begins_anew_and_a_warning_one_warns(kitchen: Kitchen) -> None:
    kitchen.budget("day", str(ANSWER_USD * 2))
    kitchen.budget("tiny", str(ANSWER_USD / 2), "warn")
    assert kitchen.execute(max_output_tokens=1).json["warnings"] != []
    answer = kitchen.execute(max_output_tokens=1)
    assert (answer.status, len(answer.json["warnings"])) == (200, 2)
    blocked = kitchen.execute(max_output_tokens=1)
    assert (blocked.status, blocked.json["code"], blocked.json["budget"]) == (429, "budget_spent", "day")
    assert datetime.fromisoformat(blocked.json["resets_at"]) == datetime(2100, 3, 2, tzinfo=UTC)
    assert blocked.headers["Retry-After"] == str(15 * 3600)
    assert len(kitchen.executions) == len(kitchen.model.asked) == 2, "no model was asked, so nothing was executed"
    kitchen.site.clock.now += timedelta(hours=15)
    assert kitchen.execute(max_output_tokens=1).status == 200
    assert kitchen.spent("day") == ANSWER_USD


def test_a_budget_counts_what_its_scope_holds(kitchen: Kitchen) -> None:
    kitchen.budget("team", scope={"team": "growth"})
    kitchen.budget("both", scope={"team": "growth", "feature": "chat"})
    kitchen.budget("template", scope={"template_id": "greeting"})
    kitchen.budget("other", scope={"template_id": "other"})
    kitchen.budget("alike", scope={"team": "chat", "feature": "chat"})
    for team, feature in (("growth", "chat"), ("growth", "mail"), ("core", "chat"), (None, None)):
        assert kitchen.execute(team=team, feature=feature).status == 200
    spent = {name: kitchen.spent(name) / ANSWER_USD for name in ("team", "both", "template", "other", "alike")}
    assert spent == {"team": 2, "both": 1, "template": 4, "other": 0, "alike": 0}


def test_half_most_and_all_are_told_once_by_many_at_once(kitchen: Kitchen) -> None:
    kitchen.budget(amount_usd=str(ANSWER_USD * 10), action="warn")
    with ThreadPoolExecutor(8) as pool:
        assert all(answer.status == 200 for answer in pool.map(lambda _: kitchen.execute(), range(16)))
    assert sorted(notice.percent for notice in kitchen.notices) == [50, 80, 100]
    assert kitchen.spending()["notified_percent"] == [50, 80, 100]
    assert kitchen.spent() == ANSWER_USD * 16
    kitchen.site.clock.now += timedelta(days=1)
    kitchen.execute()
    assert len(kitchen.notices) == 3
    assert "has spent 50 % of its" in str(next(notice for notice in kitchen.notices if notice.percent == 50))


def test_what_nobody_could_be_told_is_told_again(fresh: Callable[[], Open]) -> None:
    told: list[int] = []

    def notify(notice: Notice) -> None:
        told.append(notice.percent)
        if len(told) == 1:
            raise OSError("EventBridge can't be reached")

    store = RecordStore(fresh()(), Budget)
    store.save(budget("b", 100))
    counting = Counting(store, notify)
    for _ in range(3):
        counting.settle(counting.reserve("default", lambda _: True, lambda: 10, NOW), 26)
    assert told == [50, 50]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limits=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    calls=st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=10, max_size=24),
)
def test_many_at_once_overspend_by_what_was_let_in_last_and_no_more(
    fresh: Callable[[], Open], limits: list[int], calls: list[tuple[int, int]]
) -> None:
    """Each call reserves so much, and costs at most that."""
    open_table = fresh()
    store = RecordStore(open_table(), Budget)
    budgets = [budget(f"b{number}", limit) for number, limit in enumerate(limits)]
    for one in budgets:
        store.save(one)
    together = Barrier(8)
    lines = [calls[start::8] for start in range(8)]

    def run(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
        counting = Counting(RecordStore(open_table(), Budget), lambda _: None)
        together.wait(60)
        let_in = []
        for estimate, cost in line:
            try:
                reservation = counting.reserve("default", lambda _: True, partial(int, estimate), NOW)
            except RequestRefused as refused:
                assert refused.code == "budget_spent"  # noqa: PT017 - every other refusal fails
                continue
            spent = min(cost, estimate)
            counting.settle(reservation, spent)
            let_in.append((estimate, spent))
        return let_in

    with ThreadPoolExecutor(8) as pool:
        let_in = [call for line in pool.map(run, lines) for call in line]
    counting = Counting(store, lambda _: None)
    total = sum(spent for _, spent in let_in)
    for one in budgets:
        _, spent, in_flight = counting.spending(one, NOW)
        assert (spent, in_flight) == (total, 0)
        assert total < one.limit_pico + max((estimate for estimate, _ in let_in), default=0)
    if len(let_in) < len(calls):
        # Who was refused found the least of them spent by what was settled and in flight.
        assert sum(estimate for estimate, _ in let_in) >= min(limits)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_periods_follow_one_another_without_gap(at: datetime) -> None:
    for kind, days in (("day", {1}), ("week", {7}), ("month", {28, 29, 30, 31})):
        period = period_at(kind, at)  # type: ignore[arg-type]
        assert period.start <= at < period.end
        assert (period.end - period.start).days in days
        assert period_at(kind, period.end).start == period.end  # type: ignore[arg-type]
        assert period_at(kind, period.end - timedelta(microseconds=1)) == period  # type: ignore[arg-type]
    assert period_at("week", at).start.weekday() == 0
    assert period_at("month", at).start.day == 1


@given(st.decimals(Decimal(0), Decimal(10**6), places=14))
def test_money_is_rounded_up_and_by_less_than_one(usd: Decimal) -> None:
    counted = Decimal(to_usd(to_pico(usd)))
    assert usd <= counted < usd + Decimal(10) ** -12
