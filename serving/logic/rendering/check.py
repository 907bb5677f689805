"""What is decided when a version is saved: whether it can be rendered at all, and what it is made of."""

from collections.abc import Iterable

from serving.logic.rendering.compose import Composition, Member, compose
from serving.logic.rendering.facts import PART
from serving.logic.rendering.meter import BOUND
from serving.logic.rendering.refusals import template_refused
from serving.logic.rendering.sandbox import compiled
from serving.logic.rendering.variables import VARIABLE, check_declared
from serving.logic.templates.model import MAX_PARTS, Content, Part, Source


def check(template_id: str, content: Content, source: Source) -> tuple[Part, ...]:
    """Check a version before it is saved.

    Args:
        template_id: of the template that it becomes a version of.
        content: what its author wrote.
        source: where its parts are.

    Returns:
        What it extends and includes itself, in order, each once.

    Raises:
        RequestRefused: it could not be rendered: for its syntax, its parts, its variables or its blocks.
    """
    root = Member(template_id, None, content)
    sound(root, source)
    parts = tuple(dict.fromkeys(use.part for use in root.facts.uses))
    if len(parts) > MAX_PARTS:
        raise template_refused(BOUND, f"the template is made of more than {MAX_PARTS} parts", root.name)
    return parts


def sound(root: Member, source: Source) -> Composition:
    """A version with its parts, once it is sure that there are values to render it with.

    Raises:
        RequestRefused: there are none: for its syntax, its parts, its variables or its blocks.
    """
    check_declared(root.content.variables)
    composition = compose(root, source)
    compiled(root.name, root.content.body)
    _check_names(root, composition)
    _check_blocks(root, composition)
    return composition


def _check_names(root: Member, composition: Composition) -> None:
    for name in sorted(root.facts.reads - root.facts.sets - composition.variables.keys()):
        known = f"there are {', '.join(sorted(composition.variables))}" if composition.variables else "there are none"
        raise template_refused(VARIABLE, f"the variable {name!r} is not declared; {known}", root.name)


def _check_blocks(root: Member, composition: Composition) -> None:
    if root.facts.parent is None:
        return
    inherited = frozenset(block for parent in _parents(root, composition) for block in parent.facts.blocks)
    for block in sorted(root.facts.outer_blocks - inherited):
        known = f"there are {', '.join(sorted(inherited))}" if inherited else "there are none"
        message = f"there is no block {block!r} above to take the place of, so it is never written; {known}"
        raise template_refused(PART, message, root.name)


def _parents(one: Member, composition: Composition) -> Iterable[Member]:
    while one.facts.parent is not None:
        one = composition.members[str(one.facts.parent.part)]
        yield one
