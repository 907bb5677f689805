"""Surveys: who sees which, and how seldom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from serving.logic.surveys.asking import AskingSurveys
from serving.logic.surveys.model import Survey
from serving.stores.records import RecordStore
from tests.serving.execution.kitchen import SHOP, Kitchen
from tests.serving.templates.people import ANN, VERA, Clock
from tests.serving.templates.tables import KINDS, Open, tables

QUESTIONS = [{"id": "missing", "text": "What is missing?"}, {"id": "again", "text": "Would you?", "kind": "nps"}]


def make(kitchen: Kitchen, survey_id: str, **more: Any) -> None:
    answer = kitchen.ask(ANN, "POST", "/surveys", {"id": survey_id, "questions": QUESTIONS} | more)
    assert answer.status == 201, answer.json


def shown(kitchen: Kitchen, user_id: str, **query: str) -> str | None:
    answer = kitchen.ask(SHOP, "GET", "/surveys/next", query={"user_id": user_id} | query)
    assert answer.status == 200, answer.json
    survey = answer.json["survey"]
    return None if survey is None else survey["id"]


def test_a_person_sees_each_survey_once_and_rests_in_between(kitchen: Kitchen) -> None:
    assert shown(kitchen, "ann") is None
    make(kitchen, "a", quiet_period_days=7)
    make(kitchen, "b", quiet_period_days=7)
    assert (shown(kitchen, "ann"), shown(kitchen, "ann"), shown(kitchen, "bob")) == ("a", None, "a")
    kitchen.site.clock.now += timedelta(days=6)
    assert shown(kitchen, "ann") is None
    kitchen.site.clock.now += timedelta(days=1)
    assert (shown(kitchen, "ann"), shown(kitchen, "ann")) == ("b", None)
    kitchen.site.clock.now += timedelta(days=300)
    assert shown(kitchen, "ann") is None, "nobody sees one twice"


def test_an_answer_is_feedback_that_names_survey_and_question(kitchen: Kitchen) -> None:
    make(kitchen, "spring")
    survey = kitchen.ask(SHOP, "GET", "/surveys/next", query={"user_id": "ann"}).json["survey"]
    said = {"kind": "survey", "survey": survey["id"], "question": survey["questions"][0]["id"], "answer": "Tables."}
    assert kitchen.ask(SHOP, "POST", "/analytics/feedback", said).status == 201
    assert kitchen.events[-1].items() >= said.items()


def test_the_audience_is_of_a_feature_a_time_and_a_share(kitchen: Kitchen) -> None:
    make(kitchen, "chat", audience={"features": ["chat"]})
    assert (shown(kitchen, "ann"), shown(kitchen, "ann", feature="mail"), shown(kitchen, "ann", feature="chat")) == (
        None, None, "chat",
    )  # fmt: skip
    make(kitchen, "later", starts_at="2100-03-02T00:00:00Z", ends_at="2100-03-03T00:00:00Z")
    assert shown(kitchen, "bob") is None
    kitchen.site.clock.now += timedelta(days=1)
    assert shown(kitchen, "bob") == "later"
    make(kitchen, "off", is_active=False)
    kitchen.site.clock.now += timedelta(days=1)
    assert shown(kitchen, "carol") is None
    make(kitchen, "third", audience={"share": 0.3}, quiet_period_days=0)
    people = [f"user-{number}" for number in range(300)]
    chosen = {person for person in people if shown(kitchen, person)}
    assert 50 < len(chosen) < 130
    assert not any(shown(kitchen, person) for person in people), "the others are never asked"
    assert shown(kitchen, "dora", environment="staging") is None


def test_sampling_leaves_moments_out(kitchen: Kitchen) -> None:
    make(kitchen, "s", sampling=0.25)
    numbers = iter([0.9, 0.25, 0.24, 0.1])
    asking = replace(kitchen.prompts.asking_surveys, chance=lambda: next(numbers))
    assert [bool(asking.next("default", "ann")) for _ in range(3)] == [False, False, True]


def test_who_may(kitchen: Kitchen) -> None:
    body = {"id": "s", "questions": QUESTIONS}
    for who in (SHOP, VERA):
        assert kitchen.ask(who, "POST", "/surveys", body).json["code"] == "wrong_role"
    assert kitchen.ask(VERA, "GET", "/surveys/next", query={"user_id": "ann"}).json["code"] == "wrong_role"
    assert kitchen.ask(SHOP, "GET", "/surveys").json["code"] == "wrong_role"
    assert kitchen.ask(ANN, "POST", "/surveys", body | {"id": "next"}).json["code"] == "no_such_id"
    for wrong in ([], [QUESTIONS[0], QUESTIONS[0]], [{"id": "q", "text": "?", "kind": "choice"}]):
        assert kitchen.ask(ANN, "POST", "/surveys", body | {"questions": wrong}).json["code"] == "invalid_body"


@pytest.fixture(scope="module", params=[KINDS[0], KINDS[2]])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Open]]:
    folder = tmp_path_factory.mktemp("surveys")
    with tables(request.param, folder, lambda: request.getfixturevalue("dynamodb")) as make_table:
        yield make_table


def test_of_many_moments_at_once_one_shows_a_survey(fresh: Callable[[], Open]) -> None:
    open_table, clock = fresh(), Clock()
    signed = {"created_by": "ann", "created_at": clock.now, "changed_by": "ann", "changed_at": clock.now}
    for name in ("a", "b"):
        RecordStore(open_table(), Survey).save(
            Survey.model_validate(
                {"id": name, "environment": "default", "revision": 1, "questions": QUESTIONS} | signed
            )
        )

    def ask(_: int) -> Survey | None:
        return AskingSurveys(RecordStore(open_table(), Survey), clock).next("default", "ann")

    with ThreadPoolExecutor(8) as pool:
        assert sum(survey is not None for survey in pool.map(ask, range(16))) == 1
