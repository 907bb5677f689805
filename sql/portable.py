"""What gives other rows on another engine is refused, with what to write instead."""

from collections.abc import Callable, Iterator

from sqlglot import exp

_TWICE = "gives another answer whenever it is asked, so that a build repeated is no longer the same; leave it out"
_ROUNDS = "the engines round differently"

_HINTS: dict[type[exp.Expr], str] = {
    exp.AnyValue: "picks another row on each engine; write MIN(x) or MAX(x)",
    exp.ApproxDistinct: "estimates differently on each engine; count exactly, over a table with a row a day and key",
    exp.ApproxQuantile: "estimates differently on each engine; count by BUCKET(x), as gold.latency_daily does",
    exp.Avg: f"of a decimal differs, {_ROUNDS}; write CAST(SUM(x) AS DOUBLE) / NULLIF(COUNT(x), 0)",
    exp.CurrentDate: _TWICE,
    exp.CurrentTime: _TWICE,
    exp.CurrentTimestamp: _TWICE,
    exp.DateAdd: "on a DATE gives other types; write x + INTERVAL '1' DAY",
    exp.DayOfWeek: "counts from another day on each engine; write date_diff('day', DATE '1970-01-05', x) % 7",
    exp.DayOfWeekIso: "counts from another day on each engine; write date_diff('day', DATE '1970-01-05', x) % 7",
    exp.Exp: f"is not exact, {_ROUNDS}; count by BUCKET(x) where a scale is wanted",
    exp.JSONExtract: "of an object is spelled differently on each engine; take single values, by json_extract_scalar",
    exp.Ln: f"is not exact, {_ROUNDS}; count by BUCKET(x) where a scale is wanted",
    exp.Log: f"is not exact, {_ROUNDS}; count by BUCKET(x) where a scale is wanted",
    exp.Rand: _TWICE,
    exp.TableSample: _TWICE,
    exp.TimeToUnix: "loses fractions of a second on Spark; write date_diff('millisecond', a, b)",
    exp.Try: "is not known everywhere; write NULLIF(x, 0) under a division, CASE elsewhere",
    exp.Uuid: _TWICE,
    exp.WidthBucket: "puts bounds on another side on each engine; count by BUCKET(x)",
}
_NAMES: dict[type[exp.Expr], str] = {
    exp.AnyValue: "ANY_VALUE",
    exp.ApproxQuantile: "APPROX_PERCENTILE",
    exp.DayOfWeekIso: "DAY_OF_WEEK",
    exp.JSONExtract: "JSON_EXTRACT",
    exp.Rand: "RANDOM",
    exp.TimeToUnix: "TO_UNIXTIME",
}
_Kind = exp.DType
_DOUBLES = frozenset({_Kind.DOUBLE, _Kind.FLOAT})
_FRACTIONS = _DOUBLES | {_Kind.DECIMAL}
_WHOLE = frozenset({_Kind.BIGINT, _Kind.INT, _Kind.SMALLINT, _Kind.TINYINT})


def refused(query: exp.Expr) -> Iterator[tuple[exp.Expr, str]]:
    """Every part of a typed query that is not portable, with one sentence on why, and what to write instead."""
    for node in query.walk():
        if (hint := _HINTS.get(type(node))) is not None:
            yield node, f"{_name(node)} {hint}."
        for rule in _RULES:
            if (sentence := rule(node)) is not None:
                yield node, f"{sentence}."


def _name(node: exp.Expr) -> str:
    return _NAMES.get(type(node)) or (node.sql_name() if isinstance(node, exp.Func) else type(node).__name__)


def _division(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.Div) or any(_is(side, _DOUBLES) for side in (node.left, node.right)):
        return None
    return "A division of whole numbers or decimals differs between engines; write CAST(a AS DOUBLE) / b"


def _whole_of_fraction(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.Cast) or node.to.this not in _WHOLE:
        return None
    if not _is(node.this, _FRACTIONS) or isinstance(node.this, exp.Floor | exp.Ceil):
        return None
    return "A fraction becomes a whole number differently on each engine; write CAST(FLOOR(x) AS BIGINT)"


def _decimal_of_double(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.Cast) or node.to.this is not _Kind.DECIMAL or not _is(node.this, _DOUBLES):
        return None
    if isinstance(node.this, exp.Div) and isinstance(node.this.left, exp.Floor):
        return None  # so few digits that every way of rounding gives the same
    return "A double becomes a decimal differently on each engine; write EXACT(x)"


def _sum_of_doubles(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.Sum) or not _is(node.this, _DOUBLES):
        return None
    return "A sum of doubles depends on the order of the rows; write SUM(EXACT(x))"


def _unordered_array(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.ArrayAgg) or (isinstance(node.this, exp.Order) and not node.find(exp.Distinct)):
        return None
    return "ARRAY_AGG needs an ORDER BY, and no DISTINCT beside it; take the distinct values in a subquery first"


_RULES: tuple[Callable[[exp.Expr], str | None], ...] = (
    _division,
    _whole_of_fraction,
    _decimal_of_double,
    _sum_of_doubles,
    _unordered_array,
)


def _is(node: exp.Expr, kinds: frozenset[_Kind]) -> bool:
    return node.type is not None and node.type.this in kinds
