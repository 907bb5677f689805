"""A version is moved, once all that the move depends on holds."""

from serving.logic.templates import lifecycle
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Deprecation, Part, Source, State, Template
from serving.template_schemas import Transition

_PUBLISHING = ("publish", "reinstate")
"""What was published once is held to the same again: a part of it may have moved on since."""


def move_version(desk: Desk, template: Template, number: int, wanted: Transition, act: Act) -> Change:
    """The change that moves a version.

    Raises:
        RequestRefused: there is no such move, it is not for them, or something that it needs does not hold.
    """
    if number not in template.states:
        raise not_found("no_such_version", f"{template.id} has no version {number}.")
    source = desk.source(template.environment)
    version = desk.version(template.environment, template.id, number)
    move = lifecycle.check_move(template, version, wanted.to, act.who)
    if move.action in ("approve", *_PUBLISHING):
        lifecycle.check_parts(version, source)
    if move.action in _PUBLISHING:
        desk.checks.publishable(version, tuple(desk.store.runs(template, number)), source)
    if move.action == "archive":
        _check_unused(desk, template, number)
    deprecation = None
    if wanted.replacement is not None or wanted.sunset_at is not None:
        _check_replacement(wanted.replacement, source)
        deprecation = Deprecation(replacement=wanted.replacement, sunset_at=wanted.sunset_at, why=wanted.why)
    return lifecycle.move(template, version, wanted.to, act, deprecation)


def _check_replacement(replacement: Part | None, source: Source) -> None:
    if replacement is None:
        return
    found = source.version(replacement.template_id, replacement.selector)
    if found is None or found.state not in lifecycle.APPROVED_STATES - {State.DEPRECATED}:
        raise conflict("no_replacement", f"{replacement} can replace nothing: it is missing, or not approved.")


def end_template(desk: Desk, template: Template, act: Act) -> Change:
    """The change that ends a template as a whole.

    Raises:
        RequestRefused: a version is published, or another template is composed of it.
    """
    for number in template.states:
        _check_unused(desk, template, number)
    return lifecycle.archive_all(template, act)


def _check_unused(desk: Desk, template: Template, number: int) -> None:
    source = desk.source(template.environment)
    for dependant in desk.store.dependants(template.environment, template.id):
        latest = source.version(dependant.id, dependant.latest)
        parts = latest.parts if latest and latest.state != State.ARCHIVED else ()
        if any(part.template_id == template.id and template.resolve(part.selector) == number for part in parts):
            message = f"{dependant.id} is composed of version {number} of {template.id}; migrate it first."
            raise conflict("still_used", message)
