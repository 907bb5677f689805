"""Tests of templates: what holds, what fails, and what that means for publishing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from serving.logic.models.openai_compatible import OpenAICompatible
from serving.logic.models.provider import Provider, listed_prices
from serving.logic.models.stand_in import StandIn
from serving.logic.refused import RequestRefused
from serving.logic.rendering.compose import compose, member
from serving.logic.templates.model import Case, Content, Run
from serving.logic.testing.checks import RenderedAndTested
from serving.logic.testing.publishing import fingerprint, is_current
from serving.logic.testing.running import Bench, Result, deadline, run_tests
from tests.serving.rendering.sources import AT, Shelf, strings
from tests.serving.testing.completions import Completions, answer_of, completions_server

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}}}


@pytest.fixture(scope="module")
def answering() -> Iterator[Completions]:
    with completions_server() as served:
        served.say(answer_of('{"name": "Ann"}'))
        served.by_prompt = {"Rubric:\nkind": '{"score": 0.9, "why": "It is kind."}', "Rubric:\nrude": "I can't tell."}
        yield served


def case(*assertions: Any, name: str = "t", required: bool = True, **inputs: Any) -> Case:
    return Case(name=name, inputs=inputs, assertions=assertions, required=required)


def bench(provider: Provider, seconds: float = 30) -> Bench:
    return Bench(provider, "gpt-4o-mini", "gpt-4o-mini", listed_prices, WHEN, deadline(seconds))


def run(provider: Provider, *cases: Case, body: str = "Dear {{ who }}", seconds: float = 30) -> list[Result]:
    shelf = Shelf()
    version = shelf.put("letter@1", body, variables=strings("who"), tests=cases)
    return run_tests(compose(member(version), shelf), bench(provider, seconds))


@pytest.mark.parametrize(
    "assertion",
    [
        {"kind": "contains", "value": "Ann"},
        {"kind": "contains", "value": "aNN", "ignore_case": True},
        {"kind": "contains", "value": "Dear Bob", "of": "prompt"},
        {"kind": "not_contains", "value": "Bob"},
        {"kind": "regex", "pattern": r'"name":\s+"\w+"'},
        {"kind": "json_schema", "schema": PERSON},
        {"kind": "length", "min_chars": 5, "max_chars": 15},
        {"kind": "similarity", "golden": '{"name": "Anna"}', "at_least": 0.9},
        {"kind": "latency", "max_ms": 60_000},
        {"kind": "cost", "max_usd": 0.01},
        {"kind": "judge", "rubric": "kind", "at_least": 0.9},
    ],
)
def test_an_assertion_holds(answering: Completions, assertion: Any) -> None:
    (result,) = run(OpenAICompatible("openai", answering.url), case(assertion, who="Bob"))
    assert result.failures == ()
    assert result.passed


@pytest.mark.parametrize(
    ("assertion", "says"),
    [
        ({"kind": "contains", "value": "ann"}, "contains: 'ann' is not in it"),
        ({"kind": "not_contains", "value": "ANN", "ignore_case": True}, "not_contains: 'ANN' is in it"),
        ({"kind": "regex", "pattern": "^x"}, "regex: '^x' is not found in it"),
        ({"kind": "json_schema", "schema": PERSON, "of": "prompt"}, "json_schema: it is not JSON"),
        ({"kind": "json_schema", "schema": {"required": ["age"]}}, "json_schema: $: 'age' is a required property"),
        (
            {"kind": "json_schema", "schema": {"properties": {"name": {"pattern": "^B"}}}},
            "json_schema: $.name: 'Ann' does not match '^B'",
        ),
        ({"kind": "length", "max_chars": 3}, "length: it has 15 characters"),
        ({"kind": "similarity", "golden": "Nothing like it", "at_least": 0.9}, "similarity: it is 0."),
        ({"kind": "latency", "max_ms": 0.0001}, "latency: it took"),
        ({"kind": "cost", "max_usd": 0.0000001}, "cost: it cost 0.0"),
        ({"kind": "judge", "rubric": "kind", "at_least": 0.95}, "judge: 0.9: It is kind."),
        ({"kind": "judge", "rubric": "rude"}, 'judge: the judge gave no score: "I can\'t tell."'),
    ],
)
def test_an_assertion_fails_and_says_why(answering: Completions, assertion: Any, says: str) -> None:
    (result,) = run(OpenAICompatible("openai", answering.url), case(assertion, who="Bob"))
    assert len(result.failures) == 1
    assert result.failures[0].startswith(says)


def test_what_a_call_cost_is_told_by_the_price_table(answering: Completions) -> None:
    (result,) = run(OpenAICompatible("openai", answering.url), case({"kind": "cost", "max_usd": 1.0}, who="Bob"))
    assert result.cost_usd == "0.00021"  # 1,000 tokens in at 0.15 USD, 100 out at 0.60 USD a million
    (unknown,) = run(OpenAICompatible("nobody", answering.url), case({"kind": "cost", "max_usd": 1.0}, who="Bob"))
    assert unknown.failures == ("cost: what gpt-4o-mini costs is not known",)


def test_no_model_is_asked_where_only_the_prompt_is_looked_at(answering: Completions) -> None:
    before = len(answering.asked)
    assertion = {"kind": "contains", "value": "Dear Bob", "of": "prompt"}
    (result,) = run(OpenAICompatible("openai", answering.url), case(assertion, who="Bob"))
    assert (result.passed, result.model, result.answer) == (True, None, None)
    assert len(answering.asked) == before


def test_the_stand_in_passes_for_no_judge() -> None:
    (result,) = run(StandIn(), case({"kind": "judge", "rubric": "It is polite."}, who="Bob"))
    assert result.model == "stand-in"
    assert result.failures[0].startswith("judge: the judge gave no score")


def test_inputs_that_do_not_fit_fail_that_test_and_no_other() -> None:
    holds = {"kind": "contains", "value": "Dear Bob", "of": "prompt"}
    results = run(StandIn(), case(holds, name="a", who=7), case(holds, name="b", who="Bob"))
    assert [result.name for result in results] == ["a", "b"]
    assert results[0].failures == ("The variable 'who' must be of type string; this is integer.",)
    assert results[1].passed


def test_a_model_that_does_not_answer_fails_the_test_as_data() -> None:
    with completions_server() as server:
        server.status, server.body = 503, b"busy"
        (result,) = run(OpenAICompatible("openai", server.url), case({"kind": "contains", "value": "x"}, who="Bob"))
    assert result.failures == ("error: openai: the provider answered 503: busy",)


def test_a_run_out_of_time_says_so() -> None:
    (result,) = run(StandIn(), case({"kind": "contains", "value": "Bob"}, who="Bob"), seconds=0)
    assert result.failures == ("time: the run took too long before this test began",)


@pytest.mark.parametrize(
    ("assertion", "says"),
    [
        ({"kind": "contains"}, "assertion 1 of test 't', value: Field required"),
        ({"kind": "magic"}, "assertion 1 of test 't'"),
        ({"value": "x"}, "assertion 1 of test 't'"),
        ({"kind": "contains", "value": "x", "weight": 2}, "Extra inputs are not permitted"),
        ({"kind": "regex", "pattern": "(a"}, "the pattern is not one of RE2"),
        ({"kind": "regex", "pattern": r"(a)\1"}, "the pattern is not one of RE2"),
        ({"kind": "json_schema", "schema": {"type": "thing"}}, "this is no JSON schema"),
        ({"kind": "json_schema", "schema": {"$ref": "#"}}, r"the schema uses \$ref"),
        ({"kind": "json_schema", "schema": {"$ref": "http://127.0.0.1:1/x"}}, r"the schema uses \$ref"),
        ({"kind": "json_schema", "schema": {"patternProperties": {"(a+)+$": {}}}}, "the schema uses patternProperties"),
        ({"kind": "json_schema", "schema": {"pattern": "(?=a)"}}, "the pattern is not one of RE2"),
    ],
)
def test_an_assertion_that_is_none_is_refused_when_the_version_is_saved(assertion: Any, says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        RenderedAndTested().parts("t", Content(body="x", tests=(case(assertion),)), Shelf())


def test_two_tests_of_one_name_are_refused() -> None:
    with pytest.raises(RequestRefused, match="two tests named 't'"):
        RenderedAndTested().parts("t", Content(body="x", tests=(case(), case())), Shelf())


def test_a_pattern_that_would_go_back_for_ever_takes_no_time() -> None:
    assertion = {"kind": "regex", "pattern": "(a+)+$", "of": "prompt"}
    (result,) = run(StandIn(), case(assertion, who="a" * 50_000 + "!"))
    assert result.failures == ("regex: '(a+)+$' is not found in it",)


class TestPublishing:
    """``tone`` is followed by its label, so that what was tested may change."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        shelf = Shelf()
        shelf.put("tone@1", "kind", "production")
        tests = (case(name="needed"), case(name="nice", required=False))
        shelf.put("letter@1", "{% include 'tone@production' %}", tests=tests)
        return shelf

    def ran(self, shelf: Shelf, passed: bool = True, revision: int = 2) -> Run:
        composition = compose(member(shelf.versions["letter@1"]), shelf)
        return Run(
            revision=revision,
            number=1,
            fingerprint=fingerprint(composition),
            passed=passed,
            who="ann",
            at=AT,
            results=({"name": "needed", "required": True, "failures": [] if passed else ["contains: no"]},),
        )

    def publish(self, shelf: Shelf, *runs: Run) -> None:
        RenderedAndTested().publishable(shelf.versions["letter@1"], runs, shelf)

    def test_a_version_whose_newest_run_passed_may_be_published(self, shelf: Shelf) -> None:
        self.publish(shelf, self.ran(shelf), self.ran(shelf, passed=False))

    def test_a_version_without_required_tests_may_be_published(self, shelf: Shelf) -> None:
        version = shelf.put("plain@1", "x", tests=(case(required=False),))
        RenderedAndTested().publishable(version, (), shelf)

    def test_a_version_that_was_never_tested_may_not(self, shelf: Shelf) -> None:
        with pytest.raises(RequestRefused, match="Its required tests never ran"):
            self.publish(shelf)

    def test_a_version_whose_required_test_fails_may_not_though_an_older_run_passed(self, shelf: Shelf) -> None:
        with pytest.raises(RequestRefused, match="The required test 'needed' fails"):
            self.publish(shelf, self.ran(shelf, passed=False), self.ran(shelf))

    def test_a_version_whose_part_moved_on_since_may_not(self, shelf: Shelf) -> None:
        run = self.ran(shelf)
        shelf.put("tone@2", "rude", "production")
        composition = compose(member(shelf.versions["letter@1"]), shelf)
        assert not is_current(run, composition)
        with pytest.raises(RequestRefused, match="A part of it has changed since its tests ran"):
            self.publish(shelf, run)
