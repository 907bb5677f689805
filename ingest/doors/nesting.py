"""JSON may be nested deeper than anybody can write it out again; what is refused for that is kept without its depth."""

from typing import Any

import orjson

DEPTH_MAX = 100
"""Deeper nesting than this is kept as ``…`` if it has to be cut at all; nobody wrote it by hand."""


def is_too_deep(value: Any) -> bool:
    """Whether a decoded JSON value is nested so deep that it can't be written again (254 levels)."""
    try:
        orjson.dumps(value)
    except TypeError:
        return True
    return False


def as_text(value: Any) -> str:
    """A decoded value as JSON again, however deep it is nested and however large its numbers."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:
        return orjson.dumps(_pruned(value, DEPTH_MAX), default=str).decode()


def _pruned(value: Any, depth: int) -> Any:
    if not isinstance(value, dict | list):
        return str(value) if type(value) is int else value  # over 64 bits is not for orjson to write
    if depth == 0:
        return "…"
    if isinstance(value, list):
        return [_pruned(inner, depth - 1) for inner in value]
    return {key: _pruned(inner, depth - 1) for key, inner in value.items()}
