"""One value of a row becomes one value of a contract field. What the field is decides; the mapping adds units."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from ingest.contracts.derive import columns
from ingest.contracts.envelope import Event
from ingest.doors.mapping.field_spec import DecimalMark, FieldSpec
from ingest.doors.mapping.times import (
    EPOCH_UNITS,
    ConversionError,
    DurationUnit,
    decimal,
    duration_us,
    from_epoch,
    from_format,
    from_iso,
)

Kind = Literal["time", "duration", "integer", "number", "text", "boolean"]
_KINDS: dict[str, Kind] = {"bigint": "integer", "double": "number", "string": "text", "boolean": "boolean"}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_INTEGER_LIMIT = 1 << 63
# A comma mark leaves the point, a blank or an apostrophe for thousands: 1.234.567,89
_GROUPED = re.compile(r"[+-]?\d{1,3}([. '\u2019\u00a0\u202f])\d{3}(\1\d{3})*(,\d*)?", re.ASCII)
_LOOKS_POINTED = re.compile(r"[+-]?\d+\.\d*", re.ASCII)
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


def converter(kind: Kind, spec: FieldSpec, mark: DecimalMark = ".") -> Callable[[Any], Any]:
    """The conversion to one kind of contract field; it raises `ConversionError`."""
    convert = _converter(kind, spec)
    holds_number = kind in ("integer", "number", "duration") or spec.unit in EPOCH_UNITS
    if holds_number and (spec.decimal or mark) == ",":
        return lambda raw: convert(with_point(raw))
    return convert


def _converter(kind: Kind, spec: FieldSpec) -> Callable[[Any], Any]:
    if kind == "time":
        zone = ZoneInfo(spec.zone) if spec.zone else None
        layouts, unit = spec.format, spec.unit
        if layouts:
            return lambda raw: from_format(raw, layouts, zone)
        if unit == "iso8601":
            return lambda raw: from_iso(raw, zone)
        return lambda raw: from_epoch(raw, str(unit))
    if kind == "duration":
        duration_unit = cast(DurationUnit, spec.unit)
        return lambda raw: milliseconds(duration_us(number(raw), duration_unit))
    return _SIMPLE[kind]


def milliseconds(micros: Decimal) -> int:
    """Whole milliseconds; raises `ConversionError`."""
    return integer((micros / 1000).to_integral_value())


def with_point(raw: Any) -> Any:
    """A number that was written with a decimal comma, as the rest of the world writes it.

    Raises:
        ConversionError: it has a decimal point instead.
    """
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        text = text.replace(grouped[1], "")
    elif _LOOKS_POINTED.fullmatch(text):
        raise ConversionError('has a decimal point, but `decimal: ","` stands for it; remove that')
    return text.replace(",", ".", 1)


def integer(raw: Any) -> int:
    """A whole number, also from text; raises `ConversionError`."""
    if type(raw) is int and abs(raw) < _INTEGER_LIMIT:
        return raw
    found = number(raw)
    if abs(found) >= _INTEGER_LIMIT:
        raise ConversionError("has more than 64 bits, which no count has")
    if found != found.to_integral_value():
        raise ConversionError(f"is {found}, which is not a whole number")
    return int(found)


def number(raw: Any) -> Decimal:
    """An exact number, also from text; raises `ConversionError`."""
    found = raw if isinstance(raw, Decimal) else decimal(raw)
    if found is None:
        raise ConversionError(f"is {_kind_of(raw)}, not a number")
    return found


def text(raw: Any) -> str:
    """A text, or a scalar as one; raises `ConversionError`."""
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
    "number": lambda raw: float(number(raw)),
    "text": text,
    "boolean": _boolean,
}
