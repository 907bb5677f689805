"""A checked syntax tree gets its meters: what can repeat pays for its size each time, what makes a value weighs it, and
what is written says where it stands.

The hooks are filters whose names :mod:`serving.logic.rendering.syntax` knows not, so that no template can call them.
"""

from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from serving.logic.rendering.limits import STEPS_PER_INCLUDE

SPEND, EACH, WEIGH, CONCAT, CUT, WRITE = "meter_spend", "meter_each", "meter_weigh", "concat", "cut", "write"


def instrument(tree: nodes.Template, template: str) -> nodes.Template:
    """The tree with hooks, changed in place.

    Args:
        tree: as :func:`serving.logic.rendering.syntax.parse` gives it.
        template: what the origins of its output call it.
    """
    if any(isinstance(node, nodes.Extends) for node in tree.body):
        # The parent is written, and of this one only what it sets and its blocks.
        tree.body = [node for node in tree.body if not isinstance(node, nodes.Output)]
    _Instrument(template).visit(tree)
    return tree


class _Instrument(NodeTransformer):
    def __init__(self, template: str) -> None:
        self.template = template
        self.block: str | None = None

    # Jinja finds these methods by the names of its nodes.
    def visit_Template(self, node: nodes.Template) -> nodes.Template:  # noqa: N802
        self._pay(node)
        return node

    def visit_Block(self, node: nodes.Block) -> nodes.Block:  # noqa: N802
        outside, self.block = self.block, node.name
        self._pay(node)
        self.block = outside
        return node

    def _pay(self, node: nodes.Template | nodes.Block) -> None:
        spend = nodes.ExprStmt(_hook(SPEND, nodes.Const(_size(node)), node), lineno=node.lineno)
        self.generic_visit(node)
        node.body.insert(0, spend)

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        size = _size(node)
        self.generic_visit(node)
        node.iter = _hook(EACH, node.iter, node, size)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802
        node.nodes = [self._writing(one) for one in node.nodes]
        return node

    def _writing(self, node: nodes.Expr) -> nodes.Expr:
        is_value = not isinstance(node, nodes.TemplateData)
        return _hook(WRITE, self.visit(node), node, self.template, self.block, node.lineno, is_value)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _hook(CONCAT, nodes.List(node.nodes, lineno=node.lineno), node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802
        self.generic_visit(node)
        node.expr = _hook(WEIGH, node.expr, node)
        for operand in node.ops:
            operand.expr = _hook(WEIGH, operand.expr, node)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = [end or nodes.Const(None) for end in (node.arg.start, node.arg.stop, node.arg.step)]
        return nodes.Filter(node.node, CUT, bounds, [], None, None, lineno=node.lineno)

    def visit_List(self, node: nodes.List) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _hook(WEIGH, node, node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _hook(WEIGH, node, node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        return node if node.ctx == "store" else _hook(WEIGH, node, node)


def _hook(name: str, of: Any, at: nodes.Node, *arguments: Any) -> nodes.Filter:
    constants = [nodes.Const(argument) for argument in arguments]
    return nodes.Filter(of, name, constants, [], None, None, lineno=at.lineno)


def _size(node: nodes.Node) -> int:
    inside = list(node.find_all(nodes.Node))
    return 1 + len(inside) + STEPS_PER_INCLUDE * sum(isinstance(one, nodes.Include) for one in inside)
