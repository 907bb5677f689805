"""A version is moved, once all that the move depends on holds."""

from dataclasses import replace

from serving.logic.templates import lifecycle
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.dependants import dependants
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
    source = desk.source(template.environment, act.at)
    version = desk.version(template.environment, template.id, number)
    relies_on = {}
    move = lifecycle.check_move(template, version, wanted.to, act.who)
    if move.action in ("approve", *_PUBLISHING):
        lifecycle.check_parts(version, source)
        relies_on = source.relied_on(version.parts)
    if move.action in _PUBLISHING:
        desk.checks.publishable(version, tuple(desk.store.runs(template, number)), source)
    if move.action == "archive":
        _check_unused(desk, template, number, act)
    deprecation = None
    if wanted.replacement is not None or wanted.sunset_at is not None:
        _check_replacement(wanted.replacement, source)
        deprecation = Deprecation(replacement=wanted.replacement, sunset_at=wanted.sunset_at, why=wanted.why)
    return replace(lifecycle.move(template, version, wanted.to, act, deprecation), relies_on=relies_on)


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
    _check_unused(desk, template, None, act)
    return lifecycle.archive_all(template, act)


def _check_unused(desk: Desk, template: Template, number: int | None, act: Act) -> None:
    for dependant in dependants(desk.store, template, number, act.at):
        used = ", ".join(sorted(map(str, dependant.parts)))
        name = f"{dependant.template.id}@{dependant.number}"
        message = f"{name} is in use and composed of {used}; migrate it to a new version, and archive this one."
        raise conflict("still_used", message)
