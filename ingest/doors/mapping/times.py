"""Times of every unit that logs have become aware instants, to the microsecond; a wrong unit is told by name."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from ingest.contracts.instants import from_us

EpochUnit = Literal["epoch_s", "epoch_ms", "epoch_us", "epoch_ns"]
DurationUnit = Literal["h", "min", "s", "ms", "us", "ns"]

EPOCH_UNITS: tuple[EpochUnit, ...] = get_args(EpochUnit)
UNIT_NAMES: dict[str, str] = {
    "epoch_s": "seconds",
    "epoch_ms": "milliseconds",
    "epoch_us": "microseconds",
    "epoch_ns": "nanoseconds",
}
_US_PER = {
    "epoch_s": Decimal(1_000_000),
    "epoch_ms": Decimal(1000),
    "epoch_us": Decimal(1),
    "epoch_ns": Decimal("0.001"),
}
_DURATION_US: dict[DurationUnit, Decimal] = {
    "h": Decimal(3_600_000_000),
    "min": Decimal(60_000_000),
    "s": Decimal(1_000_000),
    "ms": Decimal(1000),
    "us": Decimal(1),
    "ns": Decimal("0.001"),
}
DURATION_UNITS: tuple[DurationUnit, ...] = get_args(DurationUnit)
_SHIFT_MAX_US = 10**15  # some thirty years: nobody's call took longer
# 2000 to 2100. The bands of two neighbouring units are a factor of 230 apart, so a number lies in one at most.
_EARLIEST_US, _LATEST_US = 946_684_800_000_000, 4_102_444_800_000_000
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?([eE][+-]?\d{1,2})?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class ConversionError(Exception):
    """A value is not what the mapping says. The message continues a sentence that began with the value's path."""


def decimal(value: Any) -> Decimal | None:
    """An exact number, also from text; ``None`` where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        text = repr(value)
    elif isinstance(value, str):
        text = value.strip()
    else:
        return None
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def epoch_unit_of(number: Decimal) -> EpochUnit | None:
    """The unit in which a number since 1970 is a plausible time of a log, if there is one."""
    for unit in EPOCH_UNITS:
        if _EARLIEST_US <= number * _US_PER[unit] <= _LATEST_US:
            return unit
    return None


def from_epoch(value: Any, unit: str) -> datetime:
    """An instant from a number since 1970.

    Raises:
        ConversionError: not a number, or a plausible time only in another unit.
    """
    number = decimal(value)
    if number is None:
        if isinstance(value, str) and _ISO_DATE.match(value.strip()):
            raise ConversionError(f"looks like an ISO 8601 time, not {unit}; set `unit: iso8601`")
        raise ConversionError(f"is not a number, as {unit} is")
    micros = number * _US_PER[unit]
    if not _EARLIEST_US <= micros <= _LATEST_US:
        raise ConversionError(_implausible(number, unit))
    return from_us(int(micros.to_integral_value()))


def _implausible(number: Decimal, unit: str) -> str:
    likely = epoch_unit_of(number)
    if likely:
        return f"is {number}, which looks like {UNIT_NAMES[likely]}; set `unit: {likely}`"
    return f"is {number}, which is no time between 2000 and 2100 in {UNIT_NAMES[unit]} or any other unit since 1970"


def from_iso(value: Any, zone: ZoneInfo | None) -> datetime:
    """An instant from ISO 8601; finer than a microsecond is cut off.

    Raises:
        ConversionError: not such a time, or without an offset and no zone given.
    """
    number = decimal(value)
    if number is not None:
        likely = epoch_unit_of(number)
        hint = f"looks like {UNIT_NAMES[likely]} since 1970; set `unit: {likely}`" if likely else "is not ISO 8601"
        raise ConversionError(f"is the number {number}, which {hint}")
    if not isinstance(value, str) or not _ISO_DATE.match(value.strip()):
        raise ConversionError("is not an ISO 8601 time, such as 2026-03-01T09:30:00Z; see `format` for others")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ConversionError(
            "is not an ISO 8601 time, such as 2026-03-01T09:30:00Z; see `format` for others"
        ) from error
    return _aware(moment, zone)


def from_format(value: Any, layouts: list[str], zone: ZoneInfo | None) -> datetime:
    """An instant from a text of the first of the ``strptime`` formats that it fits.

    Raises:
        ConversionError: the text fits none, or has no offset and no zone was given.
    """
    text = str(value).strip()
    for layout in layouts:
        try:
            moment = datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is seen to below
        except ValueError:
            continue
        return _aware(moment, zone)
    known = f"the format {layouts[0]!r}" if len(layouts) == 1 else f"any of the formats {', '.join(map(repr, layouts))}"
    raise ConversionError(f"does not fit {known}")


def duration_us(number: Decimal, unit: DurationUnit) -> Decimal:
    """A duration in microseconds."""
    return number * _DURATION_US[unit]


def shifted(moment: datetime, micros: Decimal) -> datetime:
    """A time and a duration after it.

    Raises:
        ConversionError: so long that it can't be meant.
    """
    if abs(micros) > _SHIFT_MAX_US:
        raise ConversionError("is too long to be added to a time; check its `unit`")
    try:
        return moment + timedelta(microseconds=int(micros.to_integral_value()))
    except OverflowError as error:
        raise ConversionError("leads beyond the year 9999") from error


def _aware(moment: datetime, zone: ZoneInfo | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise ConversionError("has no offset; set `zone`, such as `zone: UTC`")
    return moment.replace(tzinfo=zone)
