"""A metric as QuickSight computes it: from the sums it is made of, over whatever a visual groups by."""

from sqlglot import exp

from sql.dialects import parse
from sql.parts import parts_of
from sql.records import Metric

_BETWEEN: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.EQ: "="}


class NotSaid(Exception):
    """QuickSight has no expression for it."""


def expression(metric: Metric) -> str | None:
    """A calculated field's expression; None where the metric is no sum, or QuickSight can't say it: read its view."""
    parts = parts_of(metric)
    if parts is None:
        return None
    try:
        above = _said(parse(f"SELECT {parts.numerator}").selects[0])  # type: ignore[attr-defined]
        if parts.denominator is None:
            return above
        below = _said(parse(f"SELECT {parts.denominator}").selects[0])  # type: ignore[attr-defined]
    except NotSaid:
        return None
    return f"({above}) / nullIf({below}, 0)"


def _said(node: exp.Expr) -> str:
    if isinstance(node, exp.Sum):
        return f"sum({_said(node.this)})"
    if isinstance(node, exp.Column):
        return f"{{{node.name}}}"
    if isinstance(node, exp.Literal):
        return f"'{node.name}'" if node.is_string else f"{float(node.name):g}"
    if isinstance(node, exp.Paren | exp.Cast):
        return f"({_said(node.this)})"
    if isinstance(node, exp.Case) and len(node.args["ifs"]) == 1:
        (when,) = node.args["ifs"]
        otherwise = _said(node.args["default"]) if node.args.get("default") else "NULL"
        return f"ifelse({_said(when.this)}, {_said(when.args['true'])}, {otherwise})"
    for kind, sign in _BETWEEN.items():
        if isinstance(node, kind):
            return f"{_said(node.this)} {sign} {_said(node.expression)}"
    raise NotSaid
