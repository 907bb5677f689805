"""What a body may say: an allow-list over Jinja's syntax tree. What is not listed here does not exist."""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes
from jinja2.environment import Environment

from serving.logic.rendering.filters import FILTERS, TESTS
from serving.logic.rendering.limits import (
    MAX_EXPRESSION_DEPTH,
    MAX_INTEGER,
    MAX_LOOP_DEPTH,
    MAX_NODES,
    MAX_STATEMENT_DEPTH,
)
from serving.logic.rendering.meter import BOUND
from serving.logic.rendering.refusals import Unrenderable, template_refused

RESERVED = frozenset({"loop", "range", "self", "super", "caller", "varargs", "kwargs", "namespace"})
"""Names with a meaning of their own."""

SYNTAX = "template_syntax"

_STATEMENTS: tuple[type[nodes.Node], ...] = (
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Block,
    nodes.Extends,
    nodes.For,
    nodes.If,
    nodes.Include,
    nodes.Output,
    nodes.Template,
    nodes.With,
)
_EXPRESSIONS: tuple[type[nodes.Node], ...] = (
    nodes.Add,
    nodes.And,
    nodes.Call,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Dict,
    nodes.Div,
    nodes.Filter,
    nodes.FloorDiv,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Mod,
    nodes.Mul,
    nodes.Name,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Pair,
    nodes.Pos,
    nodes.Slice,
    nodes.Sub,
    nodes.TemplateData,
    nodes.Test,
    nodes.Tuple,
)
_INSTEAD: dict[type[nodes.Node], str] = {
    nodes.Macro: "a macro; make it a template of its own and include it",
    nodes.CallBlock: "a call block; make it a template of its own and include it",
    nodes.Import: "an import; include the template instead",
    nodes.FromImport: "an import; include the template instead",
    nodes.FilterBlock: "a filter block; set a variable with the text and filter that",
    nodes.NSRef: "a namespace; use the filters sum, select and map",
    nodes.Scope: "an autoescape block; use the filter escape where it is needed",
    nodes.Pow: "a power; multiply",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree a node stands."""

    node: nodes.Node
    parent: nodes.Node | None
    statements: int
    loops: int
    expressions: int


def parse(body: str, where: str, environment: Environment) -> nodes.Template:
    """The syntax tree of a body, every node of it allowed.

    Args:
        body: the template's text.
        where: what messages call the template.
        environment: reads it.

    Raises:
        RequestRefused: it is not Jinja, or more of it than is allowed here.
    """
    try:
        body.encode()
        tree = environment.parse(body)
    except TemplateSyntaxError as error:
        raise template_refused(SYNTAX, error.message or "this is not Jinja", where, error.lineno) from error
    except RecursionError as error:
        raise template_refused(BOUND, "the brackets or statements are nested too deeply", where) from error
    except UnicodeEncodeError as error:
        raise template_refused(SYNTAX, "the text has half of a surrogate pair in it", where) from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        raise template_refused(BOUND, "a number has too many digits", where) from error
    _check(tree, where)
    return tree


def _check(tree: nodes.Template, where: str) -> None:
    line = 1
    try:
        for count, place in enumerate(_places(tree)):
            line = place.node.lineno or line
            _check_size(count, place)
            _check_node(place.node, place.parent)
    except Unrenderable as refusal:
        raise template_refused(refusal.code, str(refusal), where, line) from refusal


def _places(tree: nodes.Template) -> Iterator[_Place]:
    pending = [_Place(tree, None, 0, 0, 0)]
    while pending:
        place = pending.pop()
        yield place
        node = place.node
        is_statement = isinstance(node, nodes.Stmt)
        pending += [
            _Place(
                child,
                node,
                place.statements + is_statement,
                place.loops + isinstance(node, nodes.For),
                0 if is_statement else place.expressions + 1,
            )
            for child in reversed(list(node.iter_child_nodes()))
        ]


def _check_size(nodes_before: int, place: _Place) -> None:
    if nodes_before == MAX_NODES:
        raise Unrenderable(f"the template has more than {MAX_NODES:,} pieces of syntax; split it up", BOUND)
    if place.loops > MAX_LOOP_DEPTH:
        raise Unrenderable(f"loops are nested more than {MAX_LOOP_DEPTH} deep", BOUND)
    if place.statements > MAX_STATEMENT_DEPTH:
        raise Unrenderable(f"statements are nested more than {MAX_STATEMENT_DEPTH} deep", BOUND)
    if place.expressions > MAX_EXPRESSION_DEPTH:
        raise Unrenderable(f"an expression is nested more than {MAX_EXPRESSION_DEPTH} deep", BOUND)


def _check_node(node: nodes.Node, parent: nodes.Node | None) -> None:
    if type(node) not in _STATEMENTS and type(node) not in _EXPRESSIONS:
        what = _INSTEAD.get(type(node), f"{type(node).__name__}; it is not part of the language of templates")
        raise Unrenderable(f"this is {what}", SYNTAX)
    match node:
        case nodes.Call():
            _check_call(node)
        case nodes.Filter() | nodes.Test():
            _check_filter(node)
        case nodes.Name():
            _check_name(node, parent)
        case nodes.Getattr(attr=name) if name.startswith("_"):
            raise Unrenderable(f"{name!r} is hidden; names may not begin with an underscore", SYNTAX)
        case nodes.Const(value=value):
            _check_constant(value)
        case nodes.Stmt():
            _check_options(node)


def _check_options(node: nodes.Stmt) -> None:
    match node:
        case nodes.For(recursive=True):
            raise Unrenderable("a loop may not call itself; nest loops instead", SYNTAX)
        case nodes.AssignBlock(filter=nodes.Node()):
            raise Unrenderable("a set block takes no filter; filter the variable where it is used", SYNTAX)
        case nodes.Include(ignore_missing=True):
            raise Unrenderable("an include may not ignore what is missing; a version must stay the same", SYNTAX)
        case nodes.Include(with_context=False):
            raise Unrenderable("an include is always with context", SYNTAX)


def _check_call(node: nodes.Call) -> None:
    if not isinstance(node.node, nodes.Name) or node.node.name not in ("range", "super"):
        raise Unrenderable("only range() and super() can be called; filters do what methods do", SYNTAX)
    if node.dyn_args or node.dyn_kwargs:
        raise Unrenderable("arguments may not be spread with * or **", SYNTAX)
    if node.node.name == "super" and node.args:
        raise Unrenderable("super() takes nothing", SYNTAX)


def _check_filter(node: nodes.Filter | nodes.Test) -> None:
    known, kind = (FILTERS, "filter") if isinstance(node, nodes.Filter) else (TESTS, "test")
    if node.name not in known:
        allowed = ", ".join(sorted(name for name in known if name[0].isalpha()))
        raise Unrenderable(f"there is no {kind} {node.name[:60]!r}; there are {allowed}", SYNTAX)
    if node.dyn_args or node.dyn_kwargs:
        raise Unrenderable("arguments may not be spread with * or **", SYNTAX)


def _check_name(node: nodes.Name, parent: nodes.Node | None) -> None:
    if node.name.startswith("_"):
        raise Unrenderable(f"{node.name!r} is hidden; names may not begin with an underscore", SYNTAX)
    if node.name not in RESERVED:
        return
    is_called = node.name in ("range", "super") and isinstance(parent, nodes.Call) and parent.node is node
    is_asked = node.name == "loop" and isinstance(parent, nodes.Getattr)
    if node.ctx != "load" or not (is_called or is_asked):
        raise Unrenderable(f"{node.name!r} has a meaning of its own and can't be used as a variable", SYNTAX)


def _check_constant(value: object) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Unrenderable("a text has half of a surrogate pair in it", SYNTAX) from error
    if isinstance(value, int) and value > MAX_INTEGER:
        raise Unrenderable("a number has more than 64 bits", BOUND)
