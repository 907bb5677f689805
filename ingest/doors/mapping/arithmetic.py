"""Durations that a row adds to a time, and those between two of its times."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ingest.doors.mapping.convert import EMPTY, converter, milliseconds, number, text, with_point
from ingest.doors.mapping.field_spec import DecimalMark, FieldSpec, Shift
from ingest.doors.mapping.paths import get
from ingest.doors.mapping.times import DURATION_UNITS, ConversionError, duration_us, shifted

Value = Callable[[dict[str, Any]], Any]
_MICROSECOND = timedelta(microseconds=1)


def placed(path: str, rewrite: Callable[[Any], Any] | None, convert: Callable[[Any], Any]) -> Value:
    """A function from a row to what it holds at a path, ``None`` where that is nothing; errors begin with the path."""

    def read(row: dict[str, Any]) -> Any:
        raw = get(row, path)
        try:
            if rewrite is not None and raw not in EMPTY:
                raw = rewrite(raw)
            return None if raw in EMPTY else convert(raw)
        except ConversionError as error:
            raise ConversionError(f"{path} {error}") from error

    return read


def later(time: Value, shift: Shift, mark: DecimalMark) -> Value:
    """A time and what the row adds to it."""

    def moved(row: dict[str, Any]) -> Any:
        moment = time(row)
        if moment is None:
            return None
        raw = get(row, shift.from_)
        try:
            return shifted(moment, duration_us(_shift_of(raw, shift, mark), shift.unit))
        except ConversionError as error:
            raise ConversionError(f"{shift.from_} {error}") from error

    return moved


def _shift_of(raw: Any, shift: Shift, mark: DecimalMark) -> Decimal:
    if shift.map is not None and raw not in EMPTY:
        found = text(raw)
        raw = shift.map[found] if found in shift.map else shift.map.get("*", found)
    if raw in EMPTY:
        raw = shift.default
    if raw is None:
        raise ConversionError("has no value to add; give `plus` a `default`")
    return number(with_point(raw) if (shift.decimal or mark) == "," else raw)


def difference(spec: FieldSpec, minus: str, mark: DecimalMark) -> Value:
    """The milliseconds from one time, or reading of a clock, to another."""
    path, convert = str(spec.from_), _clock(spec, mark)
    end_of, start_of = placed(path, None, convert), placed(minus, None, convert)

    def apart(row: dict[str, Any]) -> int | None:
        end, start = end_of(row), start_of(row)
        if end is None or start is None:
            return None
        between = end - start
        micros = Decimal(between // _MICROSECOND) if isinstance(between, timedelta) else between
        if micros < 0:
            raise ConversionError(f"{path} lies before {minus}; check which of them is the end")
        return milliseconds(micros)

    return apart


def _clock(spec: FieldSpec, mark: DecimalMark) -> Callable[[Any], Any]:
    if spec.unit not in DURATION_UNITS:
        return converter("time", spec, mark)
    unit, comma = spec.unit, (spec.decimal or mark) == ","
    return lambda raw: duration_us(number(with_point(raw) if comma else raw), unit)
