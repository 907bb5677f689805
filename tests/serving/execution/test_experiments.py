"""Experiments: who gets what, what is told of it, and how the winner is shipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from scipy.stats import chisquare

from serving.logic.experiments.chance import choose
from serving.logic.experiments.model import Variant
from tests.serving.execution.kitchen import SHOP, Kitchen
from tests.serving.lakes import Answer
from tests.serving.templates.people import ANN, BOB, VERA

PEOPLE = [f"user-{number}" for number in range(6_000)]
SALTS = ["0" * 32, "5eed" * 8, "salt"]


def variants(**weights: int) -> list[Variant]:
    return [Variant(name=name, weight=weight, model=name) for name, weight in weights.items()]


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 90, "b": 10}, {"a": 5, "b": 3, "c": 2, "d": 0}])
def test_variants_are_given_by_their_weights(salt: str, weights: dict[str, int]) -> None:
    given = Counter(choose(variants(**weights), salt, person).name for person in PEOPLE)
    total = sum(weights.values())
    expected = {name: len(PEOPLE) * weight / total for name, weight in weights.items() if weight}
    assert given.keys() == expected.keys()
    assert chisquare([given[name] for name in expected], list(expected.values())).pvalue > 0.001


@pytest.mark.parametrize("salt", SALTS)
def test_two_experiments_assign_independently(salt: str) -> None:
    both = Counter(
        (choose(variants(a=1, b=1), salt, person).name, choose(variants(a=1, b=1), salt + "x", person).name)
        for person in PEOPLE
    )
    assert chisquare(list(both.values()), [len(PEOPLE) / 4] * 4).pvalue > 0.001


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(
    ("before", "after"),
    [({"a": 1, "b": 1}, {"a": 9, "b": 1}), ({"a": 1, "b": 1, "c": 0}, {"a": 1, "b": 1, "c": 1}),
     ({"a": 4, "b": 3, "c": 3}, {"a": 4, "b": 3, "c": 1}), ({"a": 1, "b": 1}, {"a": 7, "b": 7})],
)  # fmt: skip
def test_other_weights_move_as_few_as_they_can(salt: str, before: dict[str, int], after: dict[str, int]) -> None:
    moved = Counter[tuple[str, str]]()
    for person in PEOPLE:
        old, new = choose(variants(**before), salt, person).name, choose(variants(**after), salt, person).name
        if old != new:
            moved[old, new] += 1
    shares = {name: after[name] / sum(after.values()) - before[name] / sum(before.values()) for name in before}
    least = sum(share for share in shares.values() if share > 0) * len(PEOPLE)
    assert sum(moved.values()) <= least * 1.1, "as good as no more than have to"
    assert all(before[old] > after[old] or after[new] > before[new] for old, new in moved)


def draft(kitchen: Kitchen, experiment_id: str = "e", **more: Any) -> Answer:
    kitchen.site.save("greeting", body="Goodbye {{ name }}", variables=[{"name": "name"}])
    kitchen.site.publish("greeting", 2)
    return kitchen.ask(ANN, "POST", "/experiments", {"id": experiment_id} | terms(**more))


def terms(**more: Any) -> dict[str, Any]:
    two = [{"name": "control", "weight": 1, "version": 1}, {"name": "short", "weight": 1, "version": 2}]
    return {"template_id": "greeting", "variants": two, "metric": "thumbs_up_rate", "guardrails": ["cost_usd"]} | more


def act(kitchen: Kitchen, verb: str, who: Any = ANN, body: Any = None, headers: Mapping[str, str] = {}) -> Answer:
    return kitchen.ask(who, "POST", f"/experiments/e/{verb}", body, headers=headers)


def assigned(kitchen: Kitchen, user_id: str) -> Any:
    answer = kitchen.ask(SHOP, "GET", "/experiments/e/assignment", query={"user_id": user_id})
    assert answer.status == 200, answer.json
    return answer.json


def test_an_experiment_runs_and_its_winner_is_shipped(kitchen: Kitchen) -> None:
    assert draft(kitchen).status == 201
    assert kitchen.execute(template_id=None, experiment="e", user_id="u").json["code"] == "not_started"
    assert act(kitchen, "stop").json["code"] == "not_running"
    assert act(kitchen, "start", VERA).json["code"] == "wrong_role"
    assert act(kitchen, "start").json["state"] == "running"
    seen = {}
    for person in PEOPLE[:40]:
        told = kitchen.execute(template_id=None, experiment="e", user_id=person).json
        assert (told["experiment"], told["variant"]) == ("e", assigned(kitchen, person)["variant"])
        assert told["version"] == {"control": 1, "short": 2}[told["variant"]]
        seen[person] = told["variant"]
    assert set(seen.values()) == {"control", "short"}
    assert [(event["experiment"], event["variant"], event["template_version"]) for event in kitchen.executions] == [
        ("e", variant, {"control": "1", "short": "2"}[variant]) for variant in seen.values()
    ]
    exposures = [event for event in kitchen.events if event["event_type"] == "behavior"]
    assert [(event["action"], event["user_id"], event["variant"]) for event in exposures] == [
        ("experiment_exposure", person, variant) for person, variant in seen.items()
    ]
    ship = {"variant": "short", "why": "liked better"}
    assert act(kitchen, "ship", ANN, ship).json["code"] == "wrong_role"
    assert act(kitchen, "ship", BOB, {"variant": "none"}).json["code"] == "no_such_variant"
    shipped = act(kitchen, "ship", BOB, ship)
    assert (shipped.json["state"], shipped.json["winner"]) == ("shipped", "short")
    assert kitchen.site.get("/greeting").json["labels"]["production"] == 2
    moved = kitchen.site.get("/greeting/audit").json["entries"][-1]
    assert (moved["action"], moved["who"], moved["why"]) == ("label", "bob", "liked better")
    told = kitchen.execute(template_id=None, experiment="e", user_id="later").json
    assert (told["variant"], told["version"]) == ("short", 2)
    assert assigned(kitchen, "later")["is_running"] is False
    assert "experiment" not in kitchen.executions[-1], "who takes part in nothing is counted for nothing"
    assert len(kitchen.events) == len(exposures) + len(kitchen.executions)
    assert act(kitchen, "ship", BOB, ship).json["code"] == "not_shippable"


def test_the_rules_for_labels_hold_for_a_winner_too(kitchen: Kitchen) -> None:
    draft(kitchen)
    act(kitchen, "start")
    assert kitchen.site.move("greeting", 1, "deprecated", why="old").status == 200
    assert kitchen.site.move("greeting", 2, "deprecated", why="old", sunset_at="2100-03-02T00:00:00Z").status == 200
    kitchen.site.clock.now = kitchen.site.clock.now.replace(day=3)
    refused = act(kitchen, "ship", BOB, {"variant": "short"})
    assert (refused.status, refused.json["code"]) == (410, "gone")
    assert kitchen.ask(VERA, "GET", "/experiments/e").json["state"] == "running"
    assert kitchen.site.get("/greeting").json["labels"]["production"] == 1


def test_no_winner_breaks_what_follows_the_label(kitchen: Kitchen) -> None:
    kitchen.site.make("letter", "{% include 'greeting@production' %}", variables=[{"name": "name"}])
    kitchen.site.publish("letter")
    named = [{"name": "name", "type": "list"}]
    kitchen.site.save("greeting", body="{% for one in name %}{{ one }}{% endfor %}", variables=named)
    kitchen.site.publish("greeting", 2)
    assert kitchen.ask(ANN, "POST", "/experiments", {"id": "e"} | terms()).status == 201
    act(kitchen, "start")
    refused = act(kitchen, "ship", BOB, {"variant": "short"})
    assert (refused.status, refused.json["code"]) == (409, "breaks_dependant")
    assert kitchen.ask(VERA, "GET", "/experiments/e").json["state"] == "running"
    assert kitchen.site.get("/greeting").json["labels"]["production"] == 1


def test_a_person_is_exposed_once_though_many_ask_at_once(kitchen: Kitchen) -> None:
    draft(kitchen)
    act(kitchen, "start")
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: assigned(kitchen, "u-1")["variant"], range(24)))
    assert len(set(given)) == 1
    assert len(kitchen.events) == 1


def test_an_exposure_that_can_be_kept_nowhere_is_told_by_the_next_one(kitchen: Kitchen) -> None:
    draft(kitchen)
    act(kitchen, "start")

    def full(_: Any) -> None:
        raise OSError("No space left on device")

    kitchen.record = full
    assigned(kitchen, "u-1")
    kitchen.record = None
    kitchen.execute()
    assert [event["event_type"] for event in kitchen.events] == ["prompt_execution", "behavior"], "it waited"


def test_who_gets_no_answer_is_exposed_to_nothing(kitchen: Kitchen) -> None:
    draft(kitchen)
    act(kitchen, "start")
    refused = kitchen.execute(template_id=None, experiment="e", user_id="u-1", values={})
    assert (refused.json["code"], kitchen.events) == ("template_variable", [])


def test_what_an_experiment_may_be(kitchen: Kitchen) -> None:
    same = [{"name": "a", "weight": 1, "version": 1}, {"name": "b", "weight": 1, "version": 1}]
    nothing = [{"name": "a", "weight": 0, "version": 1}, {"name": "b", "weight": 0, "version": 2}]
    for wrong, code in (
        ({"variants": same}, "invalid_body"),
        ({"variants": same[:1]}, "invalid_body"),
        ({"variants": nothing}, "invalid_body"),
        ({"metric": "happiness"}, "no_such_metric"),
        ({"guardrails": ["thumbs_up_rate"]}, "invalid_body"),
        ({"guardrails": ["happiness"]}, "no_such_metric"),
        ({"template_id": "missing"}, "no_such_template"),
    ):
        assert kitchen.ask(ANN, "POST", "/experiments", {"id": "e"} | terms(**wrong)).json["code"] == code, wrong
    assert kitchen.ask(SHOP, "POST", "/experiments", {"id": "e"} | terms()).json["code"] == "wrong_role"
    kitchen.site.save("greeting", body="Draft {{ name }}", variables=[{"name": "name"}])
    assert kitchen.ask(ANN, "POST", "/experiments", {"id": "e"} | terms()).status == 201
    assert act(kitchen, "start").json["code"] == "not_approved", "an experiment is no way around the review"
    assert act(kitchen, "ship", BOB, {"variant": "short"}).json["code"] == "not_shippable"
    assert kitchen.ask(ANN, "DELETE", "/experiments/e", headers={"If-Match": "*"}).status == 200


def test_while_it_runs_only_weights_change(kitchen: Kitchen) -> None:
    draft(kitchen)
    started = act(kitchen, "start")
    two = terms()["variants"]
    heavier = [two[0] | {"weight": 9}, two[1]]
    stale = {"If-Match": '"1"'}
    assert kitchen.ask(ANN, "PUT", "/experiments/e", terms(variants=heavier), headers=stale).status == 412
    seen = {"If-Match": started.headers["ETag"]}
    changed = kitchen.ask(ANN, "PUT", "/experiments/e", terms(variants=heavier), headers=seen)
    assert (changed.status, changed.json["variants"][0]["weight"]) == (200, 9)
    for other in ({"metric": "cost_usd", "guardrails": []}, {"variants": [two[0], two[1] | {"model": "m"}]}):
        answer = kitchen.ask(ANN, "PUT", "/experiments/e", terms(**other), headers={"If-Match": "*"})
        assert answer.json["code"] == "running"
    assert kitchen.ask(ANN, "DELETE", "/experiments/e", headers={"If-Match": "*"}).json["code"] == "has_run"
    assert act(kitchen, "stop").json["state"] == "stopped"
    assert assigned(kitchen, "u")["variant"] == "control"
    assert kitchen.ask(ANN, "PUT", "/experiments/e", terms(), headers={"If-Match": "*"}).json["code"] == "ended"


def test_variants_may_be_models(kitchen: Kitchen) -> None:
    models = [{"name": "control", "weight": 1}, {"name": "other", "weight": 1, "model": "gpt-4o"}]
    assert kitchen.ask(ANN, "POST", "/experiments", {"id": "e"} | terms(variants=models)).status == 201
    assert act(kitchen, "start").status == 200
    for person in PEOPLE[:12]:
        told = kitchen.execute(template_id=None, experiment="e", user_id=person).json
        assert told["requested_model"] == {"control": "gpt-4o-mini", "other": "gpt-4o"}[told["variant"]]
        assert told["version"] == 1
    assert act(kitchen, "ship", BOB, {"variant": "other"}).json["winner"] == "other"
    assert kitchen.execute(template_id=None, experiment="e", user_id="u").json["requested_model"] == "gpt-4o"
