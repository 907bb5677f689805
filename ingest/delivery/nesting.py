"""JSON may hold what nobody can write out again: nesting without end, numbers over 64 bits, half characters. What is
refused for that is kept as text all the same, without its depth.
"""

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


def pruned(value: Any) -> Any:
    """A decoded value as deep as it can be walked through: if need be, without what is nested deeper."""
    return _pruned(value, DEPTH_MAX) if is_too_deep(value) else value


def _pruned(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _writable(value)
    if not isinstance(value, dict | list):
        return _digits(value) if type(value) is int and not -(2**63) <= value < 2**64 else value
    if depth == 0:
        return "…"
    if isinstance(value, list):
        return [_pruned(inner, depth - 1) for inner in value]
    return {_writable(str(key)): _pruned(inner, depth - 1) for key, inner in value.items()}


def _digits(number: int) -> str:
    # Over 64 bits is not for orjson to write, and over 4,300 digits not for Python.
    return str(number) if number.bit_length() < 10_000 else hex(number)


def _writable(text: str) -> str:
    # The standard library decodes half of a surrogate pair; UTF-8 has no bytes for one.
    return text.encode(errors="replace").decode()
