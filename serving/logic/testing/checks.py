"""What rendering and testing have to say in the life of a version."""

from collections.abc import Mapping
from http import HTTPStatus

from serving.logic.refused import RequestRefused
from serving.logic.rendering.check import check, sound
from serving.logic.rendering.compose import compose, member
from serving.logic.rendering.references import rewritten
from serving.logic.rendering.refusals import Unrenderable, template_refused
from serving.logic.templates.model import Case, Content, Part, Run, Source, Variable, Version
from serving.logic.testing.assertions import TEST, JsonSchema, Regex, assertions_of
from serving.logic.testing.patterns import check_schema, compiled_pattern
from serving.logic.testing.publishing import exchangeable, untested


class RenderedAndTested:
    """:class:`serving.logic.templates.model.Checks`, all of them."""

    def parts(self, template_id: str, content: Content, source: Source) -> tuple[Part, ...]:
        """What a version is composed of, once it and its tests are known to be sound."""
        found = check(template_id, content, source)
        names = [case.name for case in content.tests]
        for case in content.tests:
            if names.count(case.name) > 1:
                raise template_refused(TEST, f"There are two tests named {case.name!r}; rename one.")
            _check_case(case)
        return found

    def variables(self, version: Version, source: Source) -> Mapping[str, Variable]:
        """What rendering a version needs of its caller, by name; refuses one that no values can render."""
        return sound(member(version), source).variables

    def rewritten(self, body: str, old: frozenset[Part], new: Part) -> str:
        """A body with each reference to one of the old parts replaced, and all else as it is."""
        return rewritten(body, old, new)

    def publishable(self, version: Version, runs: tuple[Run, ...], source: Source) -> None:
        """Refuse, with 409, while required tests fail, never ran, or ran on something else; or while an editor could
        exchange a part of it.
        """
        composition = compose(member(version), source)
        reasons = {"exchangeable_part": exchangeable(composition), "tests_not_passed": untested(composition, runs)}
        for code, found in reasons.items():
            if found:
                message = f"{version.template_id}@{version.number} can't be published: {' '.join(found)}"
                raise RequestRefused(HTTPStatus.CONFLICT, code, message)


def _check_case(case: Case) -> None:
    for number, assertion in enumerate(assertions_of(case), 1):
        try:
            if isinstance(assertion, Regex):
                compiled_pattern(assertion.pattern)
            elif isinstance(assertion, JsonSchema):
                check_schema(assertion.schema_)
        except Unrenderable as refusal:
            where = f"assertion {number} of test {case.name!r}"
            raise template_refused(TEST, f"{where}: {refusal}.") from refusal
