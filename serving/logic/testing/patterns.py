"""Regular expressions and JSON schemas from outside, so that the worst of them takes time linear in the text."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from serving.logic.rendering.refusals import Unrenderable

MAX_SCHEMA_NODES = 2_000
_UNBOUNDED = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "patternProperties"})


def compiled_pattern(pattern: str) -> Any:
    """A pattern of RE2, which never goes back.

    Raises:
        Unrenderable: it is none.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise Unrenderable(f"the pattern is not one of RE2: {error}") from error


def check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse what is no schema, or one whose work has no bound.

    Raises:
        Unrenderable: so it is.
    """
    from jsonschema import Draft202012Validator, SchemaError

    for count, (key, value) in enumerate(_nodes(schema)):
        if count == MAX_SCHEMA_NODES:
            raise Unrenderable(f"the schema has more than {MAX_SCHEMA_NODES:,} parts")
        if key in _UNBOUNDED:
            raise Unrenderable(f"the schema uses {key}; write out what it stands for")
        if key == "pattern" and isinstance(value, str):
            compiled_pattern(value)
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        message = error.message if isinstance(error, SchemaError) else "it is nested too deeply"
        raise Unrenderable(f"this is no JSON schema: {message[:200]}") from error


def schema_problem(schema: Mapping[str, Any], text: str) -> str | None:
    """Why a text is not JSON that fits a checked schema; None where it does."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"it is not JSON: {error}"
    try:
        first = next(iter(_validator()(schema).iter_errors(document)), None)
    except RecursionError:
        return "it is nested too deeply to be checked"
    return None if first is None else f"{first.json_path}: {first.message[:200]}"


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and compiled_pattern(wanted).search(instance) is None:
            yield ValidationError(f"{instance[:60]!r} does not match {wanted[:60]!r}")

    return extend(Draft202012Validator, {"pattern": pattern})


def _nodes(schema: Any) -> Iterator[tuple[str, Any]]:
    pending: list[tuple[str, Any]] = [("", schema)]
    while pending:
        key, value = pending.pop()
        yield key, value
        if isinstance(value, dict):
            pending += value.items()
        elif isinstance(value, list):
            pending += [("", item) for item in value]
