"""A version is moved, once all that the move depends on holds."""

from dataclasses import replace
from itertools import islice

from serving.logic.templates import lifecycle
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.dependants import dependants
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Deprecation, Part, Source, State, Template
from serving.template_schemas import Transition

MAX_NAMED = 20
"""So many dependants are named to who ends a version."""

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
    move = lifecycle.check_move(template, version, wanted.to, act.who, desk.people)
    if move.action in ("approve", *_PUBLISHING):
        lifecycle.check_parts(version, source)
        desk.checks.variables(version, source)
        relies_on = source.relied_on(version.parts)
    if move.action in _PUBLISHING:
        desk.checks.publishable(version, tuple(desk.store.runs(template, number)), source)
    if move.action == "archive":
        _check_unused(desk, template, number, act)
    deprecation = None
    if wanted.replacement is not None or wanted.sunset_at is not None:
        _check_replacement(wanted.replacement, source)
        deprecation = Deprecation(replacement=wanted.replacement, sunset_at=wanted.sunset_at, why=wanted.why)
    change = lifecycle.move(template, version, wanted.to, act, deprecation)
    warnings = _ending(desk, template, number, act) if wanted.sunset_at else ()
    return replace(change, relies_on=relies_on, warnings=warnings)


def _ending(desk: Desk, template: Template, number: int, act: Act) -> tuple[str, ...]:
    """What ends with a version that gets a sunset, one sentence each."""
    found = list(islice(dependants(desk.store, template, number, act.at), MAX_NAMED + 1))
    named = [f"{one.name} is in use and composed of it, and ends with it." for one in found[:MAX_NAMED]]
    return (*named, *([f"There are more than {MAX_NAMED} of them."] if len(found) > MAX_NAMED else []))


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
        message = (
            f"{dependant.name} is in use and composed of {used}; migrate it to a new version, and archive this one."
        )
        raise conflict("still_used", message)
