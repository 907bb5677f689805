"""A version's dependants, rewritten to what replaces it: each gets a new draft, which is reviewed as any is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from serving.logic.refused import RequestRefused
from serving.logic.templates import editing
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.dependants import Dependant, dependants
from serving.logic.templates.desk import Answer, Asking, Desk
from serving.logic.templates.difference import body_difference
from serving.logic.templates.lifecycle import points_to
from serving.logic.templates.model import Part, Template

MAX_DEPENDANTS = 50
MAX_DIFF_CHARS = 200_000
"""So many dependants, or so much of what is new in them, are in one answer; the next goes on."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """One dependant: the number of its new draft, or why there is none."""

    template_id: str
    number: int | None
    diff: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """A page of dependants, and the id after which there may be more; None where there are none."""

    replacement: Part
    dependants: list[Migrated]
    after: str | None


def migrate(
    desk: Desk, asking: Asking, template_id: str, number: int, why: str, after: str, *, is_rehearsal: bool
) -> Migration:
    """Rewrite the dependants beyond an id, as many as an answer holds. What is rewritten depends no more.

    Args:
        desk: where it is done.
        asking: by whom, and where.
        template_id: the template.
        number: its deprecated version.
        why: for the audit logs.
        after: where to go on.
        is_rehearsal: nothing is written; the diffs are what would be.

    Raises:
        RequestRefused: the version is not deprecated, or nothing replaces it.
    """
    template = desk.find(asking.environment, template_id)
    if number not in template.states:
        raise not_found("no_such_version", f"{template_id} has no version {number}.")
    deprecation = template.deprecations.get(number)
    if deprecation is None or deprecation.replacement is None:
        message = f"Nothing is named to replace version {number} of {template_id}; deprecate it with a replacement."
        raise conflict("no_replacement", message)
    if points_to(deprecation.replacement, template, number):
        message = f"{deprecation.replacement} has come to be version {number} itself; move the label, or name another."
        raise conflict("replaces_itself", message)
    # Each dependant has an answer of its own; the request's key belongs to none of them.
    each = replace(asking, key=None, if_match=None)
    done: list[Migrated] = []
    for found in _newest(desk, template, number, desk.clock(), after):
        done.append(_rewrite(desk, each, found, deprecation.replacement, why, is_rehearsal))
        if len(done) == MAX_DEPENDANTS or sum(len(one.diff) for one in done) >= MAX_DIFF_CHARS:
            return Migration(deprecation.replacement, done, done[-1].template_id)
    return Migration(deprecation.replacement, done, None)


def _newest(desk: Desk, template: Template, number: int, at: datetime, after: str) -> Iterator[Dependant]:
    """Dependants that are the newest version of their template: what they become comes after them."""
    found = dependants(desk.store, template, number, at, after)
    return (one for one in found if one.number == one.template.latest)


def _rewrite(desk: Desk, asking: Asking, found: Dependant, new: Part, why: str, is_rehearsal: bool) -> Migrated:
    name = found.template.id
    latest = desk.version(asking.environment, name, found.number)
    body = desk.checks.rewritten(latest.body, found.parts, new)
    diff = body_difference(f"{name}@{latest.number}", latest.body, f"{name}@{latest.number + 1}", body)
    content = latest.content.model_copy(update={"body": body})
    listed = ", ".join(sorted(map(str, found.parts)))

    def save(template: Template, act: Act) -> Change | None:
        if template.latest != latest.number:
            raise conflict("changed_meanwhile", f"{template.id} got a new version meanwhile; migrate again.")
        source = desk.source(asking.environment, act.at)
        parts = desk.checks.parts(template.id, content, source)
        note = f"{new} in place of {listed}"
        change = editing.save(template, latest, {}, content, parts, note, act, is_rewritten=True)
        return change and replace(change, relies_on=source.relied_on(parts))

    try:
        if is_rehearsal:
            desk.checks.parts(name, content, desk.source(asking.environment))
        else:
            desk.change(asking, name, save, lambda _: Answer(200, {}, ""), why)
    except RequestRefused as refused:
        return Migrated(name, None, diff, str(refused))
    return Migrated(name, None if is_rehearsal else latest.number + 1, diff)
