"""Before a label moves: what follows it, and what is composed of that, must still be there to be rendered."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import Act, conflict
from serving.logic.templates.changes import Change
from serving.logic.templates.dependants import Dependant, dependants, followers
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Selector, Source, Template, Variable, Version

MAX_LOOKED_AT = 50
"""So many versions are tried, those that follow the label first."""


@dataclass(frozen=True, slots=True)
class _Instead:
    """A source in which one template is as it would be."""

    source: Source
    changed: Template

    @property
    def at(self) -> datetime:
        return self.source.at

    def version(self, template_id: str, selector: Selector) -> Version | None:
        if template_id != self.changed.id:
            return self.source.version(template_id, selector)
        number = self.changed.resolve(selector)
        return None if number is None else self.source.version(template_id, number)


def check_followers(desk: Desk, change: Change, label: str, act: Act) -> Change:
    """The change of a label, with warnings for those who call what follows it.

    Args:
        desk: where it is done.
        change: points the label elsewhere, or takes it away.
        label: its name.
        act: who moves it.

    Raises:
        RequestRefused: the label would lead to what can't be rendered; or a version in use could not be rendered any
            more, whatever it is given.
    """
    before, after = change.before, change.after
    assert before is not None  # noqa: S101 - a label moves on a template that is there
    now = desk.source(after.environment, act.at)
    then = _Instead(now, after)
    target = then.version(after.id, label)
    if target is not None:
        desk.checks.variables(target, then)
    warnings: list[str] = []
    for number, found in enumerate(_affected(desk, before, label, act.at)):
        if number == MAX_LOOKED_AT:
            warnings.append(f"Only {MAX_LOOKED_AT} of the versions that {before.id}@{label} leads to were tried.")
            break
        warnings += _compared(desk, found, now, then, f"{before.id}@{label}")
    return replace(change, warnings=tuple(warnings))


def _affected(desk: Desk, template: Template, label: str, at: datetime) -> Iterator[Dependant]:
    """What follows a label, and what is composed of that, each once, the nearest first."""
    pending = deque([followers(desk.store, template, label, at)])
    seen: set[tuple[str, int]] = set()
    while pending:
        for found in pending.popleft():
            if (found.template.id, found.number) not in seen:
                seen.add((found.template.id, found.number))
                pending.append(dependants(desk.store, found.template, found.number, at))
                yield found


def _compared(desk: Desk, found: Dependant, now: Source, then: Source, followed: str) -> list[str]:
    version = desk.version(found.template.environment, found.template.id, found.number)
    try:
        old = desk.checks.variables(version, now)
    except RequestRefused:
        return []  # it can't be rendered today either
    try:
        new = desk.checks.variables(version, then)
    except RequestRefused as refused:
        message = f"{found.name} is in use and follows {followed}, and could not be rendered any more: {refused}"
        raise conflict("breaks_dependant", message) from refused
    return [f"{found.name} {change}." for change in _differences(old, new)]


def _differences(old: Mapping[str, Variable], new: Mapping[str, Variable]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"takes no {name!r} any more"
        elif new[name].needs_value and not (name in old and old[name].needs_value):
            yield f"now needs a value for {name!r}"
        elif name in old and (old[name].type, old[name].choices) != (new[name].type, new[name].choices):
            yield f"takes other values for {name!r}"
