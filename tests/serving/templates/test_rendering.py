"""Versions are rendered and tested over HTTP, and published only when they are tested."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from serving.logic.models.openai_compatible import OpenAICompatible
from serving.logic.models.provider import Models
from tests.serving.lakes import Answer
from tests.serving.templates.people import ANN, BOB, VERA, Site
from tests.serving.testing.completions import answer_of, completions_server

POLITE = {"name": "polite", "inputs": {"who": "Bob"}, "assertions": [{"kind": "contains", "value": "Dear Bob"}]}
WHO = [{"name": "who"}]


def render(site: Site, path: str, asker: Any = VERA, **values: Any) -> Answer:
    return site.ask(asker, "POST", f"{path}/render", {"values": values})


def run(site: Site, path: str, who: Any = ANN, **wanted: Any) -> Answer:
    return site.ask(who, "POST", f"{path}/tests/run", wanted)


def test_a_version_renders_with_the_origin_of_each_part(site: Site) -> None:
    site.make("tone", "Be kind.")
    site.publish("tone")
    site.label("tone", "production", 1)
    site.make("letter", "Dear {{ who }}! {% include 'tone@production' %}", variables=WHO)

    answer = render(site, "/letter/versions/1", who="Ann")

    assert answer.status == 200, answer.json
    told = answer.json
    assert told["text"] == "Dear Ann! Be kind."
    assert told["parts"] == {"tone@production": "tone@1"}
    assert [(told["text"][s["start"] : s["end"]], s["template"], s["is_value"]) for s in told["spans"]] == [
        ("Dear ", "letter@1", False),
        ("Ann", "letter@1", True),
        ("! ", "letter@1", False),
        ("Be kind.", "tone@1", False),
    ]


def test_a_label_renders_the_version_that_it_points_to(site: Site) -> None:
    site.make("tone", "one")
    site.publish("tone")
    site.label("tone", "production", 1)
    site.save("tone", body="two")
    assert render(site, "/tone/versions/production").json["text"] == "one"
    assert render(site, "/tone/versions/2").json["text"] == "two"


def test_an_answer_too_large_for_lambda_is_refused(site: Site) -> None:
    site.make("wide", "{{ text }}", variables=[{"name": "text"}])
    refused = render(site, "/wide/versions/1", text="😀" * 600_000)
    assert (refused.status, refused.json["code"]) == (422, "answer_too_large")
    assert render(site, "/wide/versions/1", text="x" * 600_000).status == 200


def test_a_text_comes_without_its_spans_where_these_are_too_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.routes.templates.registering.MAX_ANSWER_BYTES", 5_000)
    site.make("long", "{% for i in range(100) %}{{ i }},{% endfor %}")
    refused = render(site, "/long/versions/1")
    assert (refused.status, refused.json["code"]) == (422, "answer_too_large")
    assert "without its spans" in refused.json["detail"]
    told = site.ask(VERA, "POST", "/long/versions/1/render", {"spans": False}).json
    assert (told["text"][-6:], told["spans"]) == ("98,99,", [])


@pytest.mark.parametrize(
    ("values", "code"),
    [({}, "template_variable"), ({"who": 7}, "template_variable"), ({"who": "a", "x": 1}, "template_variable")],
)
def test_values_that_do_not_fit_are_a_422_by_name(site: Site, values: Any, code: str) -> None:
    site.make("letter", "Dear {{ who }}", variables=WHO)
    answer = render(site, "/letter/versions/1", **values)
    assert (answer.status, answer.json["code"]) == (422, code)


def test_an_attack_is_not_saved(site: Site) -> None:
    answer = site.ask(ANN, "POST", "", {"id": "evil", "body": "{{ ''.__class__.__mro__ }}"})
    assert (answer.status, answer.json["code"]) == (422, "template_syntax")
    assert site.get("/evil").status == 404


def test_a_version_past_its_sunset_is_gone_and_names_its_replacement(site: Site) -> None:
    for name in ("old", "new"):
        site.make(name)
        site.publish(name)
    replacement = {"template_id": "new", "selector": 1}
    moved = site.move("old", 1, "deprecated", replacement=replacement, sunset_at="2100-04-01T00:00:00Z")
    assert moved.status == 200, moved.json
    assert render(site, "/old/versions/1").status == 200
    site.clock.now = site.clock.now.replace(year=2101)
    for gone in (render(site, "/old/versions/1"), run(site, "/old/versions/1")):
        assert (gone.status, gone.json["replacement"]) == (410, "new@1")


def test_a_version_is_published_once_its_required_tests_have_passed(site: Site) -> None:
    site.make("letter", "Dear {{ who }}", variables=WHO, tests=[POLITE])
    site.move("letter", 1, "in_review", ANN)
    site.move("letter", 1, "approved", BOB)
    untested = site.move("letter", 1, "published", BOB)
    assert (untested.status, untested.json["code"]) == (409, "tests_not_passed")
    assert "never ran" in untested.json["detail"]

    ran = run(site, "/letter/versions/1")

    assert ran.status == 201, ran.json
    assert ran.json["passed"] is True
    (result,) = ran.json["results"]
    assert (result["name"], result["model"]) == ("polite", "stand-in")
    assert result["answer"].startswith("This is not the answer of a model")
    assert site.move("letter", 1, "published", BOB).status == 200
    assert site.get("/letter/versions/1/tests/runs").json["runs"] == [ran.json]


def test_a_version_whose_required_test_fails_is_not_published(site: Site) -> None:
    site.make("letter", "Hi {{ who }}", variables=WHO, tests=[POLITE])
    site.move("letter", 1, "in_review", ANN)
    site.move("letter", 1, "approved", BOB)
    assert run(site, "/letter/versions/1").json["passed"] is False
    refused = site.move("letter", 1, "published", BOB)
    assert (refused.status, refused.json["code"]) == (409, "tests_not_passed")
    assert "'polite' fails" in refused.json["detail"]


def test_a_model_that_is_set_up_answers_and_the_stand_in_can_not_be_asked(site: Site) -> None:
    site.make("letter", "Dear {{ who }}", variables=WHO, tests=[POLITE])
    with completions_server() as server:
        server.say(answer_of("Hello, this is a model."))
        models = Models({"openai": OpenAICompatible("openai", server.url)}, "gpt-4o-mini")
        asking = Site(replace(site.desk, models=models), site.clock, site.root)
        ran = run(asking, "/letter/versions/1")
        refused = run(asking, "/letter/versions/1", provider="stand-in")
    assert ran.json["passed"] is False
    assert ran.json["results"][0]["failures"] == ["contains: 'Dear Bob' is not in it"]
    assert (refused.status, refused.json["code"]) == (400, "no_such_provider")


def test_a_run_sent_again_with_its_key_asks_no_model_again(site: Site) -> None:
    site.make("letter", "Dear {{ who }}", variables=WHO, tests=[POLITE])
    with completions_server() as server:
        server.say(answer_of("Dear Bob"))
        models = Models({"openai": OpenAICompatible("openai", server.url)}, "gpt-4o-mini")
        asking = Site(replace(site.desk, models=models), site.clock, site.root)
        path, key = "/letter/versions/1/tests/run", {"Idempotency-Key": "k1"}
        first, again = (asking.ask(ANN, "POST", path, {}, headers=key) for _ in range(2))
    assert first.json == again.json
    assert len(server.asked) == 1


def test_a_viewer_renders_and_runs_no_tests(site: Site) -> None:
    site.make("letter", "Hello")
    assert render(site, "/letter/versions/1", VERA).status == 200
    assert run(site, "/letter/versions/1", VERA).status == 403


def test_a_run_of_as_many_failing_tests_as_there_may_be_is_kept(site: Site) -> None:
    failing = [{"kind": "contains", "value": f"{number}" + "é" * 500} for number in range(20)]
    tests = [
        {"name": f"t{n}", "inputs": {"who": "ü" * 400}, "assertions": failing if n < 10 else failing[:1]}
        for n in range(100)
    ]
    site.make("letter", "{{ who }}", variables=WHO, tests=tests)
    ran = run(site, "/letter/versions/1")
    assert ran.status == 201, ran.json
    assert len(ran.json["results"]) == 100
    assert site.get("/letter/versions/1/tests/runs").json["runs"] == [ran.json]
