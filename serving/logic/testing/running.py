"""The tests of a version are run: each is rendered, answered where that is needed, and judged."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from serving.logic.models.pricing import cost_usd
from serving.logic.models.provider import Completion, CompletionRequest, Provider
from serving.logic.refused import RequestRefused
from serving.logic.rendering.compose import Composition
from serving.logic.rendering.render import render
from serving.logic.templates.model import Case
from serving.logic.testing.assertions import Assertion, Judge, assertions_of, needs_model
from serving.logic.testing.judging import Verdict, judge
from serving.logic.testing.verdicts import Evidence, failure

if TYPE_CHECKING:
    from sql.prices.book import PriceBook

RUN_SECONDS = 25.0
"""So long may a run take; API Gateway waits for 29 seconds."""

AT_ONCE = 8
SHOWN_CHARS = 1_000
SHOWN_CHARS_OF_ALL = 60_000
"""So much of an answer, and of all answers together, is kept with a run, which is one item of the store."""
SHOWN_FAILURES = 5
SHOWN_FAILURE_CHARS = 150


@dataclass(frozen=True, slots=True)
class Bench:
    """What tests run on.

    ``judge_model`` is asked at the same provider. ``seconds_left`` says how long the run may still take.
    """

    provider: Provider
    model: str
    judge_model: str
    prices: "Callable[[], PriceBook]"
    at: datetime
    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went. ``failures`` is empty where it passed; each begins with what failed."""

    name: str
    required: bool
    failures: tuple[str, ...]
    model: str | None
    """Whose answer it was: None where no model was needed, the stand-in's own name where it stood in."""
    answer: str | None
    latency_ms: float | None
    cost_usd: str | None

    @property
    def passed(self) -> bool:
        return not self.failures


def deadline(seconds: float) -> Callable[[], float]:
    """The seconds that are left of so many, from now on."""
    until = time.monotonic() + seconds
    return lambda: until - time.monotonic()


def run_tests(composition: Composition, bench: Bench) -> list[Result]:
    """Run the tests of a composition's root, several at once; the results are in their order."""
    cases = composition.root.content.tests
    with ThreadPoolExecutor(min(AT_ONCE, len(cases) or 1)) as pool:
        results = list(pool.map(lambda case: _run(case, composition, bench), cases))
    chars = SHOWN_CHARS_OF_ALL // (len(cases) or 1)
    return [replace(result, answer=result.answer and result.answer[:chars]) for result in results]


def _run(case: Case, composition: Composition, bench: Bench) -> Result:
    try:
        assertions = assertions_of(case)
        prompt = render(composition, case.inputs).text
    except RequestRefused as refusal:
        return _result(case, (str(refusal),))
    if not any(map(needs_model, assertions)):
        return _judged(case, assertions, Evidence(prompt, None, None, _no_judge))
    if bench.seconds_left() <= 0:
        return _result(case, ("time: the run took too long before this test began",))
    answer = bench.provider.complete(CompletionRequest(bench.model, prompt, bench.seconds_left()))
    if answer.error is not None:
        return _result(case, (f"{answer.finish_reason}: {answer.error}",), answer)
    cost = cost_usd(bench.prices(), bench.provider.name, answer.model, answer.usage, bench.at)

    def judged(assertion: Judge, text: str) -> Verdict:
        if bench.seconds_left() <= 0:
            return Verdict(None, "the run took too long before the judge was asked")
        return judge(bench.provider, bench.judge_model, assertion.rubric, text, bench.seconds_left())

    return _judged(case, assertions, Evidence(prompt, answer, cost, judged))


def _judged(case: Case, assertions: tuple[Assertion, ...], evidence: Evidence) -> Result:
    found = ((assertion.kind, failure(assertion, evidence)) for assertion in assertions)
    failures = tuple(f"{kind}: {why}" for kind, why in found if why is not None)
    return _result(case, failures, evidence.completion, evidence.cost_usd)


def _result(
    case: Case, failures: tuple[str, ...], answer: Completion | None = None, cost: Decimal | None = None
) -> Result:
    return Result(
        name=case.name,
        required=case.required,
        failures=tuple(failure[:SHOWN_FAILURE_CHARS] for failure in failures[:SHOWN_FAILURES]),
        model=answer.model if answer else None,
        answer=answer.text[:SHOWN_CHARS] if answer else None,
        latency_ms=answer.latency_ms if answer else None,
        cost_usd=None if cost is None else f"{cost.normalize():f}",
    )


def _no_judge(_: Judge, __: str) -> Verdict:
    raise AssertionError("a judge reads an answer, and there is none")
