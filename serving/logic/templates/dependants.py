"""Who is composed of a version: the other end of ``extends`` and ``include``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice

from serving.logic.templates.lifecycle import is_live
from serving.logic.templates.model import Part, Selector, Template
from serving.stores.templates.keys import Use
from serving.stores.templates.store import TemplateStore

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Dependant:
    """A version that is composed of another, with the parts that are it."""

    template: Template
    number: int
    parts: frozenset[Part]

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.template.id}@{self.number}"


def dependants(
    store: TemplateStore, template: Template, number: int | None, at: datetime, after: str = ""
) -> Iterator[Dependant]:
    """Every version in use that is composed of a version, which it pins or follows a label to.

    Args:
        store: where they are.
        template: the part.
        number: of its version; None is any of them.
        at: when: a version whose sunset has come is not in use any more.
        after: only those of templates beyond this id, where a number is given.
    """
    if number is None:
        return _live(store, template, store.uses(template.environment, template.id), at)
    labels = [name for name, label in template.labels.items() if label.number == number]
    return _selected(store, template, [number, *labels], at, after)


def followers(store: TemplateStore, template: Template, label: str, at: datetime) -> Iterator[Dependant]:
    """Every version in use that follows a label."""
    return _selected(store, template, [label], at)


def _selected(
    store: TemplateStore, template: Template, selectors: list[Selector], at: datetime, after: str = ""
) -> Iterator[Dependant]:
    found = [store.uses(template.environment, template.id, selector, after) for selector in selectors]
    return _live(store, template, merge(*found, key=_user), at)


def _live(store: TemplateStore, template: Template, uses: Iterator[Use], at: datetime) -> Iterator[Dependant]:
    users = (
        (*user, frozenset(Part(template_id=template.id, selector=use.selector) for use in group))
        for user, group in groupby(uses, _user)
    )
    while page := list(islice(users, _AT_ONCE)):
        known = store.templates(template.environment, list(dict.fromkeys(user_id for user_id, _, _ in page)))
        for user_id, number, parts in page:
            # Of what a restore was cut off at, there is a use and no template, or none that knows of it.
            if user_id in known and number in known[user_id].states and is_live(known[user_id], number, at):
                yield Dependant(known[user_id], number, parts)


def _user(use: Use) -> tuple[str, int]:
    return use.template_id, use.number
