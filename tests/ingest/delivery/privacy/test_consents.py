"""Every place where decisions are kept, held to the same."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from infra.local.consents import SqliteConsents
from ingest.delivery.privacy.consent import PURPOSES, Consents, Decision, Person
from ingest.delivery.privacy.dynamo_consents import HELD_MAX, DynamoConsents
from tests.services.dynamodb import client, dynamodb_local
from tests.tables import make_table

ANN, BOB = Person("production", "p1-ann"), Person("production", "p1-bob")
_numbers = count()
Open = Callable[[], Consents]


@pytest.fixture(scope="module", params=["sqlite", "moto", "moto, few held", "dynamodb local"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Open]]:
    """Makes a store; what that gives opens it, each time anew as another process would."""
    if request.param == "sqlite":
        yield lambda: _sqlite(tmp_path_factory.mktemp("consents") / "state.db")
    elif request.param.startswith("moto"):
        held_max = 1 if "few" in request.param else HELD_MAX
        with mock_aws():
            yield lambda: _dynamo(boto3.client("dynamodb", region_name="eu-central-1"), held_max)
    else:
        with dynamodb_local() as url:
            yield lambda: _dynamo(client(url))


def _sqlite(path: Path) -> Open:
    return lambda: SqliteConsents(path)


def _dynamo(asked: Any, held_max: int = HELD_MAX) -> Open:
    table = f"consents-{next(_numbers)}"
    make_table(asked, table)
    return lambda: DynamoConsents(asked, table, held_max)


def no(person: Person, at_us: int, purpose: Any = "analytics") -> Decision:
    return Decision(person, purpose, False, at_us)


def yes(person: Person, at_us: int, purpose: Any = "analytics") -> Decision:
    return Decision(person, purpose, True, at_us)


def test_nobody_is_known_at_first(fresh: Callable[[], Open]) -> None:
    store = fresh()()
    assert store.of([ANN, BOB]) == {}
    assert list(store.withdrawn("analytics")) == []


def test_a_decision_is_in_force_at_once_and_for_every_process(fresh: Callable[[], Open]) -> None:
    opened = fresh()
    here, there = opened(), opened()
    assert there.of([ANN]) == {}
    here.record([no(ANN, 10), yes(ANN, 10, "content")])
    told = {ANN: {"analytics": False, "content": True}}
    assert (here.of([ANN, BOB]), there.of([ANN, BOB]), opened().of([ANN])) == (told, told, told)
    assert (here.is_empty(), there.is_empty()) == (False, False)
    there.record([yes(ANN, 20)])
    assert here.of([ANN])[ANN]["analytics"] is True
    assert list(here.withdrawn("analytics")) == []


def test_the_one_decided_later_holds_in_whatever_order_they_come(fresh: Callable[[], Open]) -> None:
    store = fresh()()
    store.record([no(ANN, 20)])
    store.record([yes(ANN, 10)])
    store.record([yes(BOB, 10), no(BOB, 20)])
    assert store.of([ANN, BOB]) == {ANN: {"analytics": False}, BOB: {"analytics": False}}
    assert set(store.withdrawn("analytics")) == {ANN, BOB}
    store.record([yes(BOB, 30), no(BOB, 20)])
    assert store.of([BOB]) == {BOB: {"analytics": True}}


@pytest.mark.parametrize("order", [0, 1])
def test_of_two_at_the_same_time_the_withdrawal_holds(fresh: Callable[[], Open], order: int) -> None:
    store = fresh()()
    for decision in [no(ANN, 10), yes(ANN, 10)][:: -1 if order else 1]:
        store.record([decision])
    assert store.of([ANN]) == {ANN: {"analytics": False}}


def test_environments_and_purposes_are_apart(fresh: Callable[[], Open]) -> None:
    store = fresh()()
    elsewhere = Person("sta#ging", "p1-ann")
    store.record([no(ANN, 10, "content"), no(elsewhere, 10)])
    assert store.of([ANN, elsewhere]) == {ANN: {"content": False}, elsewhere: {"analytics": False}}
    assert (list(store.withdrawn("content")), list(store.withdrawn("analytics"))) == ([ANN], [elsewhere])


def test_more_people_than_one_request_takes(fresh: Callable[[], Open]) -> None:
    store = fresh()()
    people = [Person("production", f"p1-{n}") for n in range(230)]
    store.record([no(person, 10) for person in people])
    assert set(store.of(people)) == set(store.withdrawn("analytics")) == set(people)


@settings(max_examples=15)
@given(
    st.lists(
        st.builds(Decision, st.sampled_from([ANN, BOB]), st.sampled_from(PURPOSES), st.booleans(), st.integers(1, 4)),
        max_size=12,
    )
)
def test_whatever_was_decided_the_latest_is_what_holds(fresh: Callable[[], Open], decisions: list[Decision]) -> None:
    opened = fresh()
    follows, store = opened(), opened()
    follows.of([ANN, BOB])  # has looked before, and must notice
    expected: dict[Person, dict[str, bool]] = {}
    for decision in sorted(decisions, key=lambda d: (d.decided_at_us, not d.granted)):
        expected.setdefault(decision.person, {})[decision.purpose] = decision.granted
    for start in range(0, len(decisions), 5):
        store.record(decisions[start : start + 5])
    assert store.of([ANN, BOB]) == follows.of([ANN, BOB]) == expected
    for purpose in PURPOSES:
        withdrawn = {person for person, told in expected.items() if told.get(purpose) is False}
        assert set(store.withdrawn(purpose)) == withdrawn


def test_a_job_learns_who_has_decided_since_it_last_asked(fresh: Callable[[], Open]) -> None:
    store: Any = fresh()()
    store.record([no(ANN, 5), no(BOB, 5, "content")])
    newest, people = store.changed_since(0, "analytics")
    assert people == [ANN]
    assert newest > 0
    store.record([no(BOB, 6), yes(ANN, 6, "content")])
    again, people = store.changed_since(newest, "analytics")
    assert BOB in people
    assert again >= newest
    assert set(store.changed_since(again, "personalisation")[1]) == set()


def test_what_a_person_decided_is_forgotten_but_for_withdrawals_in_force(fresh: Callable[[], Open]) -> None:
    opened: Callable[[], Any] = fresh()
    elsewhere, again = Person("sta#ging", "p1-ann"), Person("production", "p2-ann")
    store, other = opened(), opened()
    store.record([no(ANN, 5), yes(ANN, 6), yes(ANN, 7, "content"), no(ANN, 8, "personalisation")])
    store.record([no(elsewhere, 5), no(again, 5, "content"), yes(again, 6, "content"), yes(BOB, 5)])
    ann = [ANN.pseudonym, again.pseudonym]
    assert other.of([ANN])[ANN] == {"analytics": True, "content": True, "personalisation": False}
    assert store.kept_of(ann) == (7, 2)
    store.forget(ann)
    left = {ANN: {"personalisation": False}, elsewhere: {"analytics": False}, BOB: {"analytics": True}}
    for of in (store, other, opened()):
        assert of.of([ANN, elsewhere, again, BOB]) == left
    assert store.kept_of(ann) == (2, 2)
    store.forget(ann)
    store.record([yes(ANN, 9, "personalisation")])
    assert (store.kept_of(ann), store.kept_of([BOB.pseudonym]), store.kept_of([])) == ((3, 1), (1, 0), (0, 0))
    assert opened().of([ANN]) == {ANN: {"personalisation": True}}
