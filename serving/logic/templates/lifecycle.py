"""The life of a version: which moves there are, who may make them, and what must hold. Nobody gets around it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from ingest.contracts.roles import Role
from serving.access import People, Principal, are_told_apart
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import Act, conflict
from serving.logic.templates.changes import Change
from serving.logic.templates.model import Deprecation, Part, Source, State, Template, Version
from serving.logic.templates.sunset import is_sunset

PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another."""

    action: str
    role: Role


MOVES: dict[tuple[State, State], Move] = {
    (State.DRAFT, State.IN_REVIEW): Move("submit", "editor"),
    (State.DRAFT, State.ARCHIVED): Move("archive", "editor"),
    (State.IN_REVIEW, State.DRAFT): Move("return", "editor"),
    (State.IN_REVIEW, State.APPROVED): Move("approve", "approver"),
    (State.IN_REVIEW, State.ARCHIVED): Move("archive", "approver"),
    (State.APPROVED, State.PUBLISHED): Move("publish", "approver"),
    (State.APPROVED, State.ARCHIVED): Move("archive", "approver"),
    (State.PUBLISHED, State.DEPRECATED): Move("deprecate", "approver"),
    (State.DEPRECATED, State.PUBLISHED): Move("reinstate", "approver"),
    (State.DEPRECATED, State.ARCHIVED): Move("archive", "approver"),
}
"""No move leads from an approved state back to one that was not: what was composed of it stays approved."""

APPROVED_STATES = frozenset({State.APPROVED, State.PUBLISHED, State.DEPRECATED})
"""What someone else than its author has approved, and is not archived."""


def check_move(template: Template, version: Version, to: State, who: Principal, people: People) -> Move:
    """The move that is asked for.

    Raises:
        RequestRefused: there is none such, or not for them.
    """
    state = template.states[version.number]
    move = MOVES.get((state, to))
    if move is None:
        possible = [target for source, target in MOVES if source == state]
        ways = f"from there it can become {' or '.join(possible)}" if possible else "from there it never moves again"
        raise conflict("no_such_move", f"Version {version.number} is {state} and can't become {to}; {ways}.")
    who.demand(move.role)
    if move.action == "approve":
        _check_approver(version, who, people)
    return move


def move(template: Template, version: Version, to: State, act: Act, deprecation: Deprecation | None = None) -> Change:
    """Move a version, after :func:`check_move`.

    Raises:
        RequestRefused: a label would point to what is archived, or the deprecation makes no sense.
    """
    number, action = version.number, MOVES[template.states[version.number], to].action
    deprecations = {n: d for n, d in template.deprecations.items() if n != number}
    if to == State.DEPRECATED:
        deprecations[number] = checked = _checked(deprecation or Deprecation(why=act.why), template, number, act.at)
        details = checked.model_dump(mode="json", exclude={"why"}, exclude_none=True)
    elif deprecation is not None:
        raise conflict("not_deprecated", "replacement and sunset_at belong to the move to deprecated; leave them out.")
    else:
        details = {}
        if to == State.ARCHIVED and number in template.deprecations:
            deprecations[number] = template.deprecations[number]  # who asks for it is still told what replaced it
    if to == State.ARCHIVED:
        _check_unlabelled(template, number)
    states = {**template.states, number: to}
    values = {"states": states, "deprecations": deprecations}
    return act.change(template, action, values, number=number, details=details)


def archive_all(template: Template, act: Act) -> Change:
    """End a template as a whole. Nothing of it is lost, and its id is never given again.

    Raises:
        RequestRefused: a version is published.
    """
    published = [str(number) for number, state in template.states.items() if state == State.PUBLISHED]
    if published:
        message = f"Version {', '.join(published)} of {template.id} is published; deprecate it first."
        raise conflict("still_published", message)
    act.who.demand("editor" if set(template.states.values()) <= {State.DRAFT, State.ARCHIVED} else "approver")
    return act.change(template, "archive", {"states": dict.fromkeys(template.states, State.ARCHIVED), "labels": {}})


def check_parts(version: Version, source: Source) -> None:
    """What is approved is composed of what is approved.

    Raises:
        RequestRefused: a part is not.
    """
    for part in version.parts:
        found = source.version(part.template_id, part.selector)
        if found is None or found.state not in APPROVED_STATES:
            is_now = "is missing" if found is None else f"is {found.state}"
            raise conflict("part_not_approved", f"The part {part} {is_now}; have it approved first.")


def is_live(template: Template, number: int, at: datetime) -> bool:
    """Whether a version may be used by someone, or is on its way there: the newest, in review, or approved."""
    is_on_its_way = number == template.latest or template.states.get(number) in APPROVED_STATES | {State.IN_REVIEW}
    return is_on_its_way and is_sunset(template, number, at) is None


def _check_approver(version: Version, who: Principal, people: People) -> None:
    if not who.is_person:
        message = "Many may take on this AWS role, so it can't approve; sign in as yourself."
        raise RequestRefused(HTTPStatus.FORBIDDEN, "not_a_person", message)
    # A version says under which name it was written, an owner's list may have come since.
    for author in (people.get(name, name) for name in (version.created_by, *version.also_by)):
        if author == who.name:
            message = "Nobody approves their own version; ask another approver."
            raise RequestRefused(HTTPStatus.FORBIDDEN, "self_approval", message)
        if not are_told_apart(author, who.name):
            message = (
                f"It was written by {author}, who may be you as well; an owner says in PROMPTLAKE_PEOPLE who it is."
            )
            raise RequestRefused(HTTPStatus.FORBIDDEN, "unknown_author", message)


def _check_unlabelled(template: Template, number: int) -> None:
    labels = [name for name, label in template.labels.items() if label.number == number]
    if labels:
        message = f"The label {', '.join(labels)} points to version {number}; move it or take it away first."
        raise conflict("still_labelled", message)


def _checked(deprecation: Deprecation, template: Template, number: int, now: datetime) -> Deprecation:
    if deprecation.sunset_at and deprecation.sunset_at <= now:
        raise conflict("sunset_in_past", "sunset_at lies in the past; name a time from now on.")
    if deprecation.replacement and points_to(deprecation.replacement, template, number):
        raise conflict("replaces_itself", f"Version {number} can't be replaced by itself; name another.")
    return deprecation


def points_to(part: Part, template: Template, number: int) -> bool:
    """Whether a part is this version, by what its labels are now."""
    return part.template_id == template.id and template.resolve(part.selector) == number
