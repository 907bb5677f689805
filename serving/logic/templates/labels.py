"""Labels: names that point to versions, and the way back."""

from datetime import datetime
from http import HTTPStatus

from ingest.contracts.roles import Role
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.lifecycle import APPROVED_STATES, PRODUCTION
from serving.logic.templates.model import MAX_LABELS, Label, State, Template
from serving.logic.templates.sunset import gone, is_sunset

REMEMBERED = 50
"""So many earlier versions a label can be rolled back through."""


def point(template: Template, name: str, number: int, act: Act) -> Change:
    """Let a label point to a version.

    Raises:
        RequestRefused: the version is not approved; for ``production``: not published; or it may no longer be used.
    """
    act.who.demand(role_for(name))
    if number not in template.states:
        raise not_found("no_such_version", f"{template.id} has no version {number}.")
    if (ended := is_sunset(template, number, act.at)) is not None:
        raise gone(template.id, number, ended, act.at)
    if not _is_fit(template, name, number, act.at):
        needed = "published" if name == PRODUCTION else "approved"
        message = f"Version {number} is {template.states[number]}; {name} points to a version only once it is {needed}."
        raise conflict("not_approved", message)
    if name not in template.labels and len(template.labels) >= MAX_LABELS:
        raise conflict(
            "too_many_labels", f"{template.id} has {MAX_LABELS} labels, the most there may be; take one away."
        )
    label = template.labels.get(name)
    before = (*label.before, label.number)[-REMEMBERED:] if label else ()
    return _set(template, name, Label(number=number, before=before), "label", act)


def roll_back(template: Template, name: str, act: Act) -> Change:
    """Let a label point to the version that it pointed to before, of those that still may be used.

    Raises:
        RequestRefused: there is no such label, or nothing to go back to.
    """
    act.who.demand(role_for(name))
    label = _label(template, name)
    before = list(label.before)
    while before:
        number = before.pop()
        if number != label.number and _is_fit(template, name, number, act.at):
            return _set(template, name, Label(number=number, before=tuple(before)), "roll_back", act)
    raise conflict("nothing_before", f"{name} has pointed to no earlier version of {template.id} that may be used now.")


def remove(template: Template, name: str, act: Act) -> Change:
    """Take a label away.

    Raises:
        RequestRefused: there is no such label.
    """
    act.who.demand(role_for(name))
    label = _label(template, name)
    labels = {key: value for key, value in template.labels.items() if key != name}
    return act.change(template, "unlabel", {"labels": labels}, number=label.number, details={"label": name})


def role_for(name: str) -> Role:
    """Who may move a label."""
    return "approver" if name == PRODUCTION else "editor"


def _label(template: Template, name: str) -> Label:
    if name not in template.labels:
        known = ", ".join(template.labels) or "none yet"
        raise RequestRefused(
            HTTPStatus.NOT_FOUND, "no_such_label", f"{template.id} has no label {name}; it has {known}."
        )
    return template.labels[name]


def _is_fit(template: Template, name: str, number: int, at: datetime) -> bool:
    if is_sunset(template, number, at) is not None:
        return False
    needed = APPROVED_STATES - {State.APPROVED} if name == PRODUCTION else APPROVED_STATES
    return template.states.get(number) in needed


def _set(template: Template, name: str, label: Label, action: str, act: Act) -> Change:
    before = template.labels.get(name)
    details = {"label": name, "from": before.number if before else None}
    return act.change(
        template, action, {"labels": {**template.labels, name: label}}, number=label.number, details=details
    )
