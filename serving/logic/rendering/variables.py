"""The values that a template is given: checked against their types, defaults filled in."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from serving.logic.rendering.meter import Meter
from serving.logic.rendering.refusals import Unrenderable, template_refused
from serving.logic.rendering.syntax import RESERVED
from serving.logic.templates.model import Variable

VARIABLE = "template_variable"

_WORDS = frozenset(["true", "false", "none", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"])
_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "enum": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}
_JSON = {str: "string", bool: "boolean", int: "integer", float: "number", list: "list", dict: "object"}


def bind(variables: Mapping[str, Variable], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values to render with.

    Args:
        variables: what a composition needs, by name.
        given: JSON values by name; what is missing gets its default.

    Raises:
        RequestRefused: a value is missing, unknown or of another type.
    """
    for name in given:
        if name not in variables:
            known = f"there are {', '.join(sorted(variables))}" if variables else "the template takes none"
            raise template_refused(VARIABLE, f"There is no variable {name[:60]!r}; {known}.")
    values: dict[str, Any] = {}
    for name, variable in variables.items():
        if name in given:
            _check(variable, given[name])
            values[name] = given[name]
        elif variable.needs_value:
            raise template_refused(VARIABLE, f"The variable {name!r} ({variable.type}) has no value; give it one.")
        else:
            values[name] = variable.default
    return values


def check_declared(variables: Iterable[Variable]) -> None:
    """Check that declarations make sense.

    Raises:
        RequestRefused: a name is there twice or means something else, or a default does not fit its type.
    """
    seen: set[str] = set()
    for variable in variables:
        name = variable.name
        if name in RESERVED | _WORDS or name.startswith("_"):
            raise template_refused(VARIABLE, f"The variable {name!r} can't be named so; the language uses that name.")
        if name in seen:
            raise template_refused(VARIABLE, f"The variable {name!r} is declared twice; keep one.")
        seen.add(name)
        if (variable.type == "enum") != bool(variable.choices):
            raise template_refused(VARIABLE, f"The variable {name!r}: an enum has choices, and nothing else has.")
        if variable.default is not None:
            _check(variable, variable.default)


def _check(variable: Variable, value: Any) -> None:
    name = variable.name
    if value is None and not variable.needs_value and variable.default is None:
        return
    fits = isinstance(value, _PYTHON[variable.type]) and isinstance(value, bool) == (variable.type == "boolean")
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        found = "null" if value is None else _JSON.get(type(value), type(value).__name__)
        raise template_refused(VARIABLE, f"The variable {name!r} must be of type {variable.type}; this is {found}.")
    if variable.type == "enum" and value not in variable.choices:
        raise template_refused(VARIABLE, f"The variable {name!r} must be one of {', '.join(variable.choices)}.")
    try:
        Meter().weigh(value)
    except Unrenderable as refusal:
        raise template_refused(VARIABLE, f"The variable {name!r} is too large: {refusal}.") from refusal
