"""What a body says of itself before it is rendered: its parts, its blocks, the names that it reads and sets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import TrackingCodeGenerator

from serving.logic.rendering.instrument import instrument
from serving.logic.rendering.meter import Meter
from serving.logic.rendering.refusals import template_refused
from serving.logic.rendering.sandbox import Sandbox
from serving.logic.rendering.syntax import RESERVED, SYNTAX, parse
from serving.logic.templates.model import TEMPLATE_ID, Part

PART = "template_part"
_BODIES_KEPT = 256
_REFERENCE = re.compile(
    rf"(?P<id>{TEMPLATE_ID[1:-1]})@(?:(?P<number>[1-9][0-9]{{0,8}})|(?P<label>[a-z][a-z0-9_-]{{0,49}}))"
)


@dataclass(frozen=True, slots=True)
class Use:
    """One ``extends`` or ``include``."""

    part: Part
    line: int
    extends: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one body. ``reads`` are the names that must come from outside of it."""

    uses: tuple[Use, ...]
    blocks: frozenset[str]
    outer_blocks: frozenset[str]
    reads: frozenset[str]
    sets: frozenset[str]

    @property
    def parent(self) -> Use | None:
        """The template that it extends."""
        return next((use for use in self.uses if use.extends), None)


@lru_cache(maxsize=_BODIES_KEPT)
def facts(body: str, where: str) -> Facts:
    """Read a body.

    Raises:
        RequestRefused: it is not allowed.
    """
    tree = parse(body, where, Sandbox(Meter(), {}))
    _check_child(tree, where)
    uses = tuple(_uses(tree, where))
    return Facts(
        uses=uses,
        blocks=frozenset(block.name for block in tree.find_all(nodes.Block)),
        outer_blocks=frozenset(node.name for node in tree.body if isinstance(node, nodes.Block)),
        sets=frozenset(name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"),
        reads=_reads(tree, where),  # the last, because it changes the tree
    )


def _reads(tree: nodes.Template, where: str) -> frozenset[str]:
    # Jinja compiles to find out. It is not to compute what is constant; the hooks, too, keep it from that.
    tracking = TrackingCodeGenerator(tree.environment)  # type: ignore[arg-type]
    tracking.optimizer = None
    try:
        tracking.visit(instrument(tree, where))
    except TemplateSyntaxError as error:  # such as a block that is there twice
        raise template_refused(SYNTAX, error.message or "this can't be compiled", where, error.lineno) from error
    return frozenset(tracking.undeclared_identifiers - RESERVED)


def _uses(tree: nodes.Template, where: str) -> Iterator[Use]:
    referring: list[nodes.Extends | nodes.Include] = [*tree.find_all(nodes.Extends), *tree.find_all(nodes.Include)]
    for node in referring:
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        found = _REFERENCE.fullmatch(name) if isinstance(name, str) else None
        if found is None:
            raise template_refused(PART, "a part is named in quotes, as 'id@3' or as 'id@label'", where, node.lineno)
        selector = found["label"] or int(found["number"])
        yield Use(Part(template_id=found["id"], selector=selector), node.lineno, isinstance(node, nodes.Extends))


def _check_child(tree: nodes.Template, where: str) -> None:
    extending = list(tree.find_all(nodes.Extends))
    if not extending:
        return
    extends = next((node for node in tree.body if isinstance(node, nodes.Extends)), None)
    if extends is None or len(extending) > 1:
        raise template_refused(SYNTAX, "extends stands once, outside of all else", where, extending[-1].lineno)
    for node in tree.body:
        if not isinstance(node, nodes.Extends | nodes.Block | nodes.Assign | nodes.AssignBlock) and not _is_blank(node):
            raise template_refused(
                SYNTAX, "what stands outside of blocks is never written here; put it into a block", where, node.lineno
            )


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(one, nodes.TemplateData) and not one.data.strip() for one in node.nodes
    )
