"""Whether a version may be published: its required tests have passed on what would be rendered today, and nothing in it
can be exchanged by who may not publish.
"""

from collections.abc import Sequence
from hashlib import sha256

import orjson

from serving.logic.rendering.compose import Composition
from serving.logic.templates.lifecycle import PRODUCTION
from serving.logic.templates.model import Run


def fingerprint(composition: Composition) -> str:
    """Of all that a run of the tests depends on: the version, its tests, and the versions that its labels lead to."""
    root = composition.root
    followed = sorted((reference, one.name, one.content.body) for reference, one in composition.members.items())
    declared = {name: variable.model_dump(mode="json") for name, variable in sorted(composition.variables.items())}
    tests = [case.model_dump(mode="json") for case in root.content.tests]
    return sha256(orjson.dumps([root.content.body, followed, declared, tests])).hexdigest()


def is_current(run: Run, composition: Composition) -> bool:
    """Whether a run tested what would be rendered today."""
    return run.fingerprint == fingerprint(composition)


def exchangeable(composition: Composition) -> list[str]:
    """What of a version an editor could exchange once it is published, one sentence each: a part, of any depth, that
    follows a label which an editor may move.
    """
    uses = (use.part for one in (composition.root, *composition.members.values()) for use in one.facts.uses)
    loose = sorted({str(part) for part in uses if isinstance(part.selector, str) and part.selector != PRODUCTION})
    return [f"It follows {name}, which an editor may move; pin it, or follow {PRODUCTION}." for name in loose]


def untested(composition: Composition, runs: Sequence[Run]) -> list[str]:
    """Why the tests of a version do not let it be published, one sentence each; none where they do.

    Args:
        composition: the version, with its parts as they are today.
        runs: of the version, the newest first.
    """
    if not any(case.required for case in composition.root.content.tests):
        return []
    if not runs:
        return ["Its required tests never ran; run them."]
    newest = runs[0]
    if not is_current(newest, composition):
        return ["A part of it has changed since its tests ran; run them again."]
    if newest.passed:
        return []
    failing = [str(result["name"]) for result in newest.results if result.get("required") and result.get("failures")]
    return [f"The required test {name!r} fails." for name in failing] or ["Its required tests fail."]
