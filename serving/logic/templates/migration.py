"""A version's dependants, rewritten to what replaces it: each gets a new draft, which is reviewed as any is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from serving.logic.refused import RequestRefused
from serving.logic.templates import editing
from serving.logic.templates.acts import Act, conflict, not_found
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Answer, Asking, Desk
from serving.logic.templates.difference import body_difference
from serving.logic.templates.model import Part, State, Template, Version
from serving.logic.templates.references import rewrite

MAX_DEPENDANTS = 50
"""So many are rewritten in one request."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """One dependant: the number of its new draft, or why there is none."""

    template_id: str
    number: int | None
    diff: str
    problem: str | None = None


def migrate(
    desk: Desk, asking: Asking, template_id: str, number: int, why: str, *, is_rehearsal: bool
) -> tuple[Part, list[Migrated]]:
    """Rewrite up to 50 dependants. Who calls again goes on where this ended, for what is rewritten depends no more.

    Args:
        desk: where it is done.
        asking: by whom, and where.
        template_id: the template.
        number: its deprecated version.
        why: for the audit logs.
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
    # Each dependant has an answer of its own; the request's key belongs to none of them.
    each = replace(asking, key=None, if_match=None)
    done = []
    for dependant, latest, old in _dependants(desk, template, number):
        done.append(_rewrite(desk, each, dependant, latest, old, deprecation.replacement, why, is_rehearsal))
        if len(done) == MAX_DEPENDANTS:
            break
    return deprecation.replacement, done


def _dependants(desk: Desk, template: Template, number: int) -> Iterator[tuple[Template, Version, frozenset[Part]]]:
    """Templates whose newest version is composed of this one, with the parts that are."""
    for dependant in desk.store.dependants(template.environment, template.id):
        latest = desk.version(template.environment, dependant.id, dependant.latest)
        old = frozenset(
            p for p in latest.parts if p.template_id == template.id and template.resolve(p.selector) == number
        )
        if old and latest.state != State.ARCHIVED:
            yield dependant, latest, old


def _rewrite(
    desk: Desk,
    asking: Asking,
    dependant: Template,
    latest: Version,
    old: frozenset[Part],
    new: Part,
    why: str,
    is_rehearsal: bool,
) -> Migrated:
    body = rewrite(latest.body, old, new)
    names = f"{dependant.id}@{latest.number}", f"{dependant.id}@{latest.number + 1}"
    diff = body_difference(names[0], latest.body, names[1], body)
    content = latest.content.model_copy(update={"body": body})
    source = desk.source(asking.environment)

    def save(template: Template, act: Act) -> Change | None:
        if template.latest != latest.number:
            raise conflict("changed_meanwhile", f"{template.id} got a new version meanwhile; migrate again.")
        parts = desk.checks.parts(template.id, content, source)
        listed = ", ".join(sorted(map(str, old)))
        return editing.save(template, latest, {}, content, parts, f"{new} in place of {listed}", act)

    try:
        if is_rehearsal:
            desk.checks.parts(dependant.id, content, source)
        else:
            desk.change(asking, dependant.id, save, lambda _: Answer(200, {}, ""), why)
    except RequestRefused as refused:
        return Migrated(dependant.id, None, diff, str(refused))
    return Migrated(dependant.id, None if is_rehearsal else latest.number + 1, diff)
