"""A field's specification becomes a function from a row to its value."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter

from ingest.doors.mapping.arithmetic import Value, difference, later, placed
from ingest.doors.mapping.convert import EMPTY, Kind, converter, text
from ingest.doors.mapping.field_spec import DecimalMark, FieldSpec

_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


def compile_field(spec: FieldSpec, kind: Kind, mark: DecimalMark = ".") -> Value:
    """A function from a row to the field's value, ``None`` where there is none.

    It raises `ConversionError`, whose message begins with the path. ``mark`` is the file's decimal mark.
    """
    own = _own(spec, kind, mark)
    other = compile_field(spec.or_, kind, mark) if spec.or_ else None
    default = spec.default
    if other is None and default is None:
        return own

    def field(row: dict[str, Any]) -> Any:
        value = own(row)
        if value is None and other is not None:
            value = other(row)
        return default if value is None else value

    return field


def _own(spec: FieldSpec, kind: Kind, mark: DecimalMark) -> Value:
    if spec.minus is not None:
        return difference(spec, spec.minus, mark)
    plain = _constant(spec) if spec.from_ is None else _read(spec, spec.from_, kind, mark)
    return later(plain, spec.plus, mark) if spec.plus else plain


def _constant(spec: FieldSpec) -> Value:
    value = _TIME.validate_python(spec.value) if spec.plus else spec.value
    return lambda row: value  # noqa: ARG005


def _read(spec: FieldSpec, path: str, kind: Kind, mark: DecimalMark) -> Value:
    return placed(path, _rewrite(spec), converter(kind, spec, mark))


def _rewrite(spec: FieldSpec) -> Callable[[Any], Any] | None:
    if not spec.rewrites:
        return None
    pattern = re.compile(spec.extract) if spec.extract else None
    join, prefix, lower, table, cut = spec.join, spec.strip_prefix, spec.lower, spec.map, spec.cut

    def rewrite(raw: Any) -> Any:
        found: Any = text(raw if join is None else _joined(raw, join))
        if pattern is not None:
            match = pattern.search(found)
            if match is None or not match.group(1):
                return ""  # nothing found is no value, also where `map` has a word for all others
            found = match.group(1)
        if prefix is not None:
            found = found.removeprefix(prefix)
        if lower:
            found = found.lower()
        if table is not None:
            found = table[found] if found in table else table.get("*", found)
        return found[:cut] if cut is not None and isinstance(found, str) else found

    return rewrite


def _joined(raw: Any, between: str) -> Any:
    if isinstance(raw, list):
        return between.join(text(value) for value in raw if value not in EMPTY)
    if isinstance(raw, dict):
        return between.join(f"{name}={text(value)}" for name, value in raw.items() if value not in EMPTY)
    return raw
