"""A version's tests are run for someone who asks for it, and the run is kept."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from serving.logic.models.provider import Models
from serving.logic.refused import bad_request
from serving.logic.rendering.compose import Composition
from serving.logic.templates.acts import Act
from serving.logic.templates.changes import Change
from serving.logic.templates.model import Run, Template
from serving.logic.testing.publishing import fingerprint
from serving.logic.testing.running import RUN_SECONDS, Bench, Result, deadline
from serving.rendering_schemas import RunRequest


def bench_for(models: Models, wanted: RunRequest, at: datetime) -> Bench:
    """The provider and the models that a run asks; what it does not name is what is set up.

    Args:
        models: those that are set up.
        wanted: what the run names.
        at: when it runs, for the prices of that day.

    Raises:
        RequestRefused: there is no such provider.
    """
    name = wanted.provider or models.default_provider
    if name not in models.providers:
        known = ", ".join(models.providers)
        raise bad_request("no_such_provider", f"There is no provider {name!r}; there are {known}.")
    asked = wanted.model or models.default_model
    return Bench(models.providers[name], asked, wanted.judge_model or asked, models.prices, at, deadline(RUN_SECONDS))


def keep_run(template: Template, composition: Composition, results: list[Result], act: Act) -> Change:
    """The change that keeps a run."""
    number = composition.root.number
    assert number is not None  # noqa: S101 - only what is saved can be tested
    passed = all(result.passed for result in results if result.required)
    run = Run(
        revision=template.revision + 1,
        number=number,
        fingerprint=fingerprint(composition),
        passed=passed,
        who=act.who.name,
        at=act.at,
        results=tuple(_document(result) for result in results),
    )
    return act.change(template, "test", number=number, details={"passed": passed}, run=run)


def _document(result: Result) -> dict[str, Any]:
    return asdict(result) | {"failures": list(result.failures), "passed": result.passed}


def kept_run(change: Change) -> Run:
    """The run that a change keeps."""
    if change.run is None:
        raise AssertionError("a run was kept")
    return change.run
