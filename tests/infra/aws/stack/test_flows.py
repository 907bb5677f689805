"""Every path through the state machines, executed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_api import state_manager

from infra.aws.names import Names
from infra.aws.reports.sending import NotSent
from infra.aws.rooms.flows import ROUTINES, build_flow, reports_flow, routine_flow
from infra.aws.stage import read_stage
from tests.infra.aws.stack.test_stage import GOOD, write
from tests.services.states import REGION, Function, Meanwhile, Run, Throttled, execute, hurried, interpreter

BUILT = {"built": True, "publication": "p1", "warnings": []}


class GateFailed(Exception):
    """As the jobs raise it."""


@pytest.fixture(autouse=True)
def _states() -> Iterator[None]:
    with interpreter():
        yield


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(read_stage("dev", write(tmp_path / "stages", GOOD)))


def run(
    names: Names,
    flow: dict[str, Any],
    *,
    has_topic: bool = True,
    meanwhile: Meanwhile = lambda _: None,
    asked: dict[str, str] | None = None,
    **functions: Function,
) -> Run:
    by_name = {names.function(what): function for what, function in functions.items()}
    topic, letters = names.topic, names.dead_letters
    return execute(hurried(flow), by_name, topic, letters, has_topic=has_topic, meanwhile=meanwhile, asked=asked)


def build(names: Names, jobs: Function, *, is_new: bool = True, has_topic: bool = True) -> Run:
    flow = build_flow(names, is_spark=False)
    return run(names, flow, has_topic=has_topic, news=lambda _: {"is_new": is_new}, jobs=jobs, measure=lambda _: {})


def fails(error: Exception) -> Function:
    def raise_it(_: dict[str, Any]) -> None:
        raise error

    return raise_it


def test_what_is_new_is_built_and_measured(names: Names) -> None:
    done = build(names, lambda _: BUILT)
    assert (done.status, done.passed[-1], done.told, done.kept) == ("SUCCEEDED", "Built", [], [])
    assert done.called == [
        (names.function("news"), {}),
        (names.function("jobs"), {"job": "build"}),
        (names.function("measure"), {"is_new": True}),
    ]


def test_where_nothing_is_new_the_large_function_is_not_started(names: Names) -> None:
    done = build(names, fails(AssertionError()), is_new=False)
    assert (done.status, done.passed[-1]) == ("SUCCEEDED", "NothingNew")
    assert done.called[1:] == [(names.function("measure"), {"is_new": False})], "nothing is behind then"


def test_warnings_of_the_gate_are_told_and_the_build_stands(names: Names) -> None:
    done = build(names, lambda _: {**BUILT, "warnings": ["cost_daily: cost_usd is low"]})
    assert (done.status, done.kept) == ("SUCCEEDED", [])
    (message,) = done.told
    assert message["Subject"] == "promptlake dev: built, with warnings"
    assert "cost_daily: cost_usd is low" in message["Message"]


def test_a_build_that_the_gate_stops_is_told_kept_and_has_failed(names: Names) -> None:
    done = build(names, fails(GateFailed("cost_daily: day must be set")))
    assert (done.status, done.error) == ("FAILED", "GateFailed")
    assert [name for name, _ in done.called].count(names.function("jobs")) == 1, "asked again, it would fail again"
    (message,), (letter,) = done.told, done.kept
    assert message["Subject"] == "promptlake dev: build failed"
    assert "GateFailed" in message["Message"]
    assert "day must be set" in message["Message"]
    assert (letter["job"], letter["error"]["Error"]) == ("build", "GateFailed")


def test_a_build_that_cannot_be_told_of_is_kept_all_the_same(names: Names) -> None:
    done = build(names, fails(MemoryError("out of it")), has_topic=False)
    assert (done.status, done.error, done.told) == ("FAILED", "MemoryError", [])
    assert [letter["error"]["Error"] for letter in done.kept] == ["MemoryError"]


def test_another_job_that_runs_is_no_failure(names: Names) -> None:
    done = build(names, lambda _: {"built": False, "reason": "Another job of this lake is running."})
    assert (done.status, done.passed[-1], done.told) == ("SUCCEEDED", "AnotherIsRunning", [])


def test_what_passes_is_asked_again(names: Names) -> None:
    answers = iter([Throttled("too many"), BUILT])

    def sometimes(_: dict[str, Any]) -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    done = build(names, sometimes)
    assert (done.status, done.told) == ("SUCCEEDED", [])
    assert [name for name, _ in done.called].count(names.function("jobs")) == 2


@pytest.mark.parametrize("job", sorted(set(ROUTINES) - {"maintain"}))
def test_a_routine_is_done_or_told(names: Names, job: str) -> None:
    asked = {"job": "figures" if job == "measure" else job}
    done = run(names, routine_flow(names, job), **{job: lambda _: {"problems": []}})
    assert (done.status, done.called) == ("SUCCEEDED", [(names.function(job), asked)])
    failed = run(names, routine_flow(names, job), **{job: fails(OSError("no"))})
    assert (failed.status, failed.error) == ("FAILED", "OSError")
    assert (len(failed.told), failed.kept[0]["job"]) == (1, job)


PRODUCT = {"audience": "product", "period": "week"}


def test_a_report_is_of_what_was_over_when_its_execution_began(names: Names) -> None:
    answers = iter([Throttled("too many"), {"sent": 2}])
    times: list[str] = []

    def sometimes(asked: dict[str, Any]) -> Any:
        times.append(asked["on"])
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    done = run(names, reports_flow(names), asked=PRODUCT, reports=sometimes)
    assert (done.status, done.passed, done.told) == ("SUCCEEDED", ["Send", "Sent"], [])
    (first, on), (again, _) = [(asked, asked.pop("on")) for _, asked in done.called]
    assert first == again == PRODUCT
    assert times == [on, on], "however late it is tried again"
    assert datetime.fromisoformat(on).tzinfo is not None


def test_a_report_that_not_everybody_got_is_told_kept_and_has_failed(names: Names) -> None:
    done = run(names, reports_flow(names), asked=PRODUCT, reports=fails(NotSent("1 did not get the report (…)")))
    assert (done.status, done.error) == ("FAILED", "NotSent")
    (message,), (letter,) = done.told, done.kept
    assert message["Subject"] == "promptlake dev: reports failed"
    assert "1 did not get the report" in message["Message"]
    assert letter["job"] == "reports"


def test_maintenance_waits_for_the_lock(names: Names) -> None:
    answers = iter([{"maintained": False, "reason": "busy"}, {"maintained": True, "removed": 3}])
    done = run(names, routine_flow(names, "maintain"), jobs=lambda _: next(answers))
    assert (done.status, done.passed) == ("SUCCEEDED", ["Do", "WasItDone", "WaitForTheLock", "Do", "WasItDone", "Done"])


_RUN_OF_GLUE = "glue::job_run"


@pytest.fixture
def another_run(names: Names) -> Iterator[None]:
    """Of Glue's job, which has one at a time: it goes on until :func:`end_it`, and the next ones end at once."""
    glue, job = boto3.client("glue", region_name=REGION), names.stage.named("jobs")
    glue.create_job(Name=job, Role="r", Command={"Name": "glueetl"}, ExecutionProperty={"MaxConcurrentRuns": 1})
    state_manager.set_transition(_RUN_OF_GLUE, {"progression": "manual", "times": 1_000_000})
    glue.start_job_run(JobName=job)
    yield
    end_it()


def end_it() -> None:
    state_manager.unset_transition(_RUN_OF_GLUE)


def build_on_spark(names: Names) -> Run:
    flow = build_flow(names, is_spark=True)
    return run(names, flow, news=lambda _: {"is_new": True}, measure=lambda _: {})


@pytest.mark.usefixtures("another_run")
def test_a_run_of_glue_that_goes_on_is_no_failure_of_the_build(names: Names) -> None:
    done = build_on_spark(names)
    assert (done.status, done.passed[-1], done.told, done.kept) == ("SUCCEEDED", "AnotherIsRunning", [], [])
    end_it()
    built = build_on_spark(names)
    assert (built.status, built.passed[-2:], built.told) == ("SUCCEEDED", ["IsSomethingToTell", "Built"], [])


@pytest.mark.usefixtures("another_run")
def test_maintenance_waits_for_a_run_of_glue(names: Names) -> None:
    def once_it_waits(passed: list[str]) -> None:
        if "WaitForTheLock" in passed:
            end_it()

    done = run(names, routine_flow(names, "maintain", is_spark=True), meanwhile=once_it_waits)
    assert (done.status, done.told, done.kept) == ("SUCCEEDED", [], [])
    assert (done.passed[:2], done.passed[-3:]) == (["Do", "WaitForTheLock"], ["Do", "WasItDone", "Done"])


def test_a_run_of_glue_that_can_not_be_started_is_told(names: Names) -> None:
    done = run(names, routine_flow(names, "maintain", is_spark=True))
    assert (done.status, done.error, len(done.told)) == ("FAILED", "Glue.EntityNotFoundException", 1)
