"""What a metric is made of, read from its expression: a sum, or one sum by another. Both can be told part by part."""

from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from sql.dialects import SOURCE, parse
from sql.records import Metric


@dataclass(frozen=True, slots=True)
class Parts:
    """Sums in Trino's SQL; the metric is the numerator by the denominator, or the numerator alone."""

    numerator: str
    denominator: str | None = None

    def columns(self) -> frozenset[str]:
        """The columns of the sum that the metric is by, or of its only one."""
        return _columns(self.denominator or self.numerator)

    def of_numerator(self) -> frozenset[str]:
        """The columns of the sum that is divided."""
        return _columns(self.numerator)


def _columns(expression: str) -> frozenset[str]:
    return frozenset(column.name for column in parse(f"SELECT {expression}").find_all(exp.Column))


@lru_cache(maxsize=256)
def _parts_of(expression: str) -> Parts | None:
    tree = parse(f"SELECT {expression}").selects[0]  # type: ignore[attr-defined]
    if isinstance(tree, exp.Div):
        below = _bare(tree.expression)
        if _is_sum(tree.this) and isinstance(below, exp.Nullif) and _is_sum(below.this):
            return Parts(_bare(tree.this).sql(SOURCE), _bare(below.this).sql(SOURCE))
        return None
    return Parts(_bare(tree).sql(SOURCE)) if _is_sum(tree) else None


def parts_of(metric: Metric) -> Parts | None:
    """The sums that a metric is made of; None where its parts don't add up, as of percentiles and distinct people."""
    return _parts_of(metric.expression) if metric.expression else None


def _bare(node: exp.Expr) -> exp.Expr:
    """Without casts to double and parentheses, which change no sum."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return node


def _is_sum(node: exp.Expr) -> bool:
    """Whether it is linear in sums over rows, so that it adds up over any groups of them."""
    node = _bare(node)
    if isinstance(node, exp.Sum):
        return not list(node.find_all(exp.Distinct))
    if isinstance(node, exp.Add | exp.Sub):
        return _is_sum(node.this) and _is_sum(node.expression)
    if isinstance(node, exp.Mul):
        return _is_scaled(node.this, node.expression) or _is_scaled(node.expression, node.this)
    return isinstance(node, exp.Count) and not list(node.find_all(exp.Distinct))


def _is_scaled(factor: exp.Expr, rest: exp.Expr) -> bool:
    return isinstance(_bare(factor), exp.Literal) and _is_sum(rest)
