"""An assertion is held against what came back."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from serving.logic.models.provider import Completion
from serving.logic.testing.assertions import (
    Assertion,
    Contains,
    Cost,
    JsonSchema,
    Judge,
    Latency,
    Length,
    NotContains,
    Regex,
    Similarity,
)
from serving.logic.testing.judging import Verdict
from serving.logic.testing.patterns import compiled_pattern, schema_problem


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a test has to show. ``completion`` is None where no assertion needed one."""

    prompt: str
    completion: Completion | None
    cost_usd: Decimal | None
    judged: Callable[[Judge, str], Verdict]


def failure(assertion: Assertion, evidence: Evidence) -> str | None:
    """Why an assertion does not hold, one clause; None where it holds."""
    if isinstance(assertion, Contains | NotContains | Regex | JsonSchema | Length):
        if assertion.of == "prompt":
            return _of_text(assertion, evidence.prompt)
        return _of_text(assertion, _answered(evidence).text)
    return _of_answer(assertion, _answered(evidence), evidence)


def _answered(evidence: Evidence) -> Completion:
    assert evidence.completion is not None  # noqa: S101 - an assertion that needs a model got its answer
    return evidence.completion


def _of_text(assertion: Any, text: str) -> str | None:
    match assertion:
        case Contains(value=value):
            return None if _has(text, assertion) else f"{_shown(value)} is not in it"
        case NotContains(value=value):
            return f"{_shown(value)} is in it" if _has(text, assertion) else None
        case Regex(pattern=pattern):
            return None if compiled_pattern(pattern).search(text) else f"{_shown(pattern)} is not found in it"
        case JsonSchema(schema_=schema):
            return schema_problem(schema, text)
        case Length(min_chars=least, max_chars=most) if len(text) < least or (most is not None and len(text) > most):
            return f"it has {len(text)} characters"
    return None


def _of_answer(assertion: Assertion, answer: Completion, evidence: Evidence) -> str | None:
    match assertion:
        case Similarity(golden=golden, at_least=least):
            alike = similarity(golden, answer.text)
            return None if alike >= least else f"it is {alike:.3f} like the golden answer"
        case Latency(max_ms=most):
            return None if answer.latency_ms <= most else f"it took {answer.latency_ms:.0f} ms"
        case Cost(max_usd=most):
            if evidence.cost_usd is None:
                return f"what {answer.model} costs is not known"
            return None if evidence.cost_usd <= Decimal(repr(most)) else f"it cost {evidence.cost_usd} USD"
        case Judge(at_least=least):
            score, why = evidence.judged(assertion, answer.text)
            return None if score is not None and score >= least else f"{'' if score is None else f'{score:g}: '}{why}"
    raise AssertionError(f"nothing decides about {assertion}")


def similarity(golden: str, text: str) -> float:
    """How much two texts have in common, from 0 to 1."""
    from rapidfuzz import fuzz

    return float(fuzz.ratio(golden, text)) / 100


def _has(text: str, assertion: Contains | NotContains) -> bool:
    if assertion.ignore_case:
        return assertion.value.casefold() in text.casefold()
    return assertion.value in text


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")
