"""The filters and tests that templates may use. Those of Jinja that can blow up a value, or reach into objects, are
missing or done here; what these need to know beforehand is how long their result gets.
"""

import html
import json
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, Undefined, pass_context, pass_environment
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import do_indent, do_map
from jinja2.runtime import Context
from jinja2.tests import TESTS as JINJA_TESTS

from serving.logic.rendering.limits import MAX_INDENT
from serving.logic.rendering.meter import check_length
from serving.logic.rendering.refusals import Unrenderable

SHALLOW_FILTERS = frozenset({"count", "d", "default", "first", "last", "length"})
SHALLOW_TESTS = frozenset(
    {"boolean", "defined", "false", "float", "integer", "mapping", "none", "number", "sequence", "string", "true"}
    | {"undefined"}
)
"""They look at no more than the outside of a value, so that its inside costs nothing."""

ITEMWISE = frozenset(
    {"groupby", "join", "map", "max", "min", "reject", "rejectattr", "select", "selectattr", "sort", "sum", "unique"}
)
"""They read their arguments anew for each item; a path such as `a.b.c`, or several, can be long."""

_FROM_JINJA = frozenset(
    {"abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items", "last"}
    | {"length", "list", "lower", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort"}
    | {"truncate", "unique", "upper"}
)
_TESTS_FROM_JINJA = SHALLOW_TESTS | frozenset(
    {"divisibleby", "eq", "equalto", "even", "ge", "gt", "in", "le", "lower", "lt", "ne", "odd", "upper"}
    | {"==", "!=", "<", "<=", ">", ">="}
)
_MAX_DIGITS = 15


def as_text(value: Any) -> str:
    """How a value is written.

    Raises:
        Unrenderable: it has no one way to be written.
        UndefinedError: it is not there.
    """
    if isinstance(value, str | int | float | Undefined):
        return str(value)
    if value is None:
        raise Unrenderable("a value is none; give it a default or leave it out with an if")
    raise Unrenderable("a list or object can't be written as it is; join it, loop over it, or use tojson")


def _replace(value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old, new = as_text(value), as_text(old), as_text(new)
    times = text.count(old) if count < 0 else min(count, text.count(old))
    check_length(len(text) + times * (len(new) - len(old)))
    return text.replace(old, new, count)


@pass_environment
def _join(environment: Environment, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    items = value if attribute is None else [environment.getitem(item, attribute) for item in value]
    texts = [as_text(item) for item in items]
    check_length(sum(map(len, texts)) + len(as_text(d)) * len(texts))
    return as_text(d).join(texts)


def _indent(value: Any, width: int = 4, first: bool = False, blank: bool = False) -> str:
    text = as_text(value)
    check_length(len(text) + _blanks(width) * (text.count("\n") + 1))
    return do_indent(text, width, first, blank)


def _tojson(value: Any, indent: int | None = None) -> str:
    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, indent=None if indent is None else _blanks(indent), default=_no_json
    )
    chunks, chars = [], 0
    for chunk in encoder.iterencode(value):
        chars += len(chunk)
        check_length(chars)
        chunks.append(chunk)
    return "".join(chunks)


def _no_json(value: Any) -> str:
    return as_text(value)  # raises the better error of something that is not there


def _split(value: Any, separator: str | None = None) -> list[str]:
    return as_text(value).split(separator)


def _trim(value: Any) -> str:
    return as_text(value).strip()


def _escape(value: Any) -> str:
    text = as_text(value)
    check_length(len(text) + 5 * sum(map(text.count, "&<>'\"")))
    return html.escape(text)


def _round(value: float, precision: int = 0) -> float:
    if not -_MAX_DIGITS <= precision <= _MAX_DIGITS:
        raise Unrenderable(f"round takes a precision from {-_MAX_DIGITS} to {_MAX_DIGITS}")
    return round(value, precision)


@pass_environment
def _sum(environment: Environment, value: Iterable[Any], attribute: str | int | None = None) -> Any:
    numbers: list[Any] = [item if attribute is None else environment.getitem(item, attribute) for item in value]
    if not all(isinstance(number, int | float) for number in numbers):
        raise Unrenderable("sum adds up numbers only")
    return sum(numbers)


@pass_context
def _map(context: Context, value: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
    # By its name a filter is out of the syntax tree's sight.
    if args and args[0] not in FILTERS:
        raise Unrenderable(f"map does not know the filter {str(args[0])[:60]!r}")
    return list(do_map(context, value, *args, **kwargs))


def _blanks(width: int) -> int:
    if not isinstance(width, int) or not 0 <= width <= MAX_INDENT:
        raise Unrenderable(f"an indent is from 0 to {MAX_INDENT} blanks")
    return width


_OWN: dict[str, Any] = {
    "e": _escape,
    "escape": _escape,
    "indent": _indent,
    "join": _join,
    "map": _map,
    "replace": _replace,
    "round": _round,
    "split": _split,
    "string": as_text,
    "sum": _sum,
    "tojson": _tojson,
    "trim": _trim,
}
FILTERS: Mapping[str, Any] = {**{name: JINJA_FILTERS[name] for name in _FROM_JINJA}, **_OWN}
TESTS: Mapping[str, Any] = {name: JINJA_TESTS[name] for name in _TESTS_FROM_JINJA}
