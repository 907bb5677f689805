"""One value of a row becomes one value of a contract field. What the field is decides; the mapping adds units."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ingest.contracts.derive import columns
from ingest.contracts.envelope import Event
from ingest.doors.mapping.model import FieldSpec
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import ConversionError, decimal, from_epoch, from_format, from_iso

Kind = Literal["time", "duration", "integer", "number", "text", "boolean"]
_KINDS: dict[str, Kind] = {"bigint": "integer", "double": "number", "string": "text", "boolean": "boolean"}
_MS_PER = {"s": Decimal(1000), "ms": Decimal(1), "us": Decimal("0.001"), "ns": Decimal("0.000001")}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_INTEGER_LIMIT = 1 << 63
EMPTY = (None, "")
"""What counts as not there: CSV has no other way to say so."""


def kinds(model: type[Event]) -> dict[str, Kind]:
    """What each field of a contract is."""
    return {
        c.field: "time" if c.field != c.name else "duration" if c.unit == "milliseconds" else _KINDS[c.type]
        for c in columns(model)
        if c.field is not None
    }


def as_text(value: Any) -> str:
    """A scalar as JSON spells it, without quotes: the form that `when` and `map` compare."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def compile_field(spec: FieldSpec, kind: Kind) -> Callable[[dict[str, Any]], Any]:
    """A function from a row to the field's value, ``None`` where there is none.

    It raises `ConversionError`, whose message begins with the path.
    """
    path, value, default = spec.from_, spec.value, spec.default
    if path is None:
        return lambda row: value  # noqa: ARG005
    rewrite, convert = _rewrite(spec), converter(kind, spec)

    def field(row: dict[str, Any]) -> Any:
        raw = get(row, path)
        try:
            if rewrite is not None and raw not in EMPTY:
                raw = rewrite(raw)
            return default if raw in EMPTY else convert(raw)
        except ConversionError as error:
            raise ConversionError(f"{path} {error}") from error

    return field


def _rewrite(spec: FieldSpec) -> Callable[[Any], Any] | None:
    pattern = re.compile(spec.extract) if spec.extract else None
    prefix, table = spec.strip_prefix, spec.map
    if pattern is None and prefix is None and table is None:
        return None

    def rewrite(raw: Any) -> Any:
        text = _text(raw)
        if pattern is not None:
            match = pattern.search(text)
            text = (match.group(1) or "") if match else ""
        if prefix is not None:
            text = text.removeprefix(prefix)
        if table is not None:
            return table[text] if text in table else table.get("*", text)
        return text

    return rewrite


def converter(kind: Kind, spec: FieldSpec) -> Callable[[Any], Any]:
    """The conversion to one kind of contract field; it raises `ConversionError`."""
    if kind == "time":
        zone = ZoneInfo(spec.zone) if spec.zone else None
        layout, unit = spec.format, spec.unit
        if layout:
            return lambda raw: from_format(raw, layout, zone)
        if unit == "iso8601":
            return lambda raw: from_iso(raw, zone)
        return lambda raw: from_epoch(raw, str(unit))
    if kind == "duration":
        factor = _MS_PER[str(spec.unit)]
        return lambda raw: integer((_number(raw) * factor).to_integral_value())
    return _SIMPLE[kind]


def integer(raw: Any) -> int:
    """A whole number, also from text; raises `ConversionError`."""
    if type(raw) is int and abs(raw) < _INTEGER_LIMIT:
        return raw
    number = _number(raw)
    if abs(number) >= _INTEGER_LIMIT:
        raise ConversionError("has more than 64 bits, which no count has")
    if number != number.to_integral_value():
        raise ConversionError(f"is {number}, which is not a whole number")
    return int(number)


def _number(raw: Any) -> Decimal:
    number = raw if isinstance(raw, Decimal) else decimal(raw)
    if number is None:
        raise ConversionError(f"is {_kind_of(raw)}, not a number")
    return number


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, dict | list):
        raise ConversionError(f"is {_kind_of(raw)}, not a text")
    return as_text(raw)


def _boolean(raw: Any) -> bool:
    found = _BOOLEANS.get(as_text(raw).strip().lower())
    if found is None:
        raise ConversionError("is not one of true, false, yes, no, 1, 0")
    return found


def _kind_of(raw: Any) -> str:
    # A text is not shown: it may be something that a person wrote.
    names: dict[type, str] = {bool: "true or false", list: "a list", dict: "an object", str: "a text"}
    return names.get(type(raw), "not finite")


_SIMPLE: dict[Kind, Callable[[Any], Any]] = {
    "integer": integer,
    "number": lambda raw: float(_number(raw)),
    "text": _text,
    "boolean": _boolean,
}
