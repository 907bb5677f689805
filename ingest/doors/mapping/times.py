"""Times of every unit that logs have become aware instants, to the microsecond; a wrong unit is told by name."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

EpochUnit = Literal["epoch_s", "epoch_ms", "epoch_us", "epoch_ns"]

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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    return _EPOCH + timedelta(microseconds=int(micros.to_integral_value()))


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


def from_format(value: Any, layout: str, zone: ZoneInfo | None) -> datetime:
    """An instant from a text of the given ``strptime`` format.

    Raises:
        ConversionError: the text does not fit, or has no offset and no zone was given.
    """
    try:
        moment = datetime.strptime(str(value).strip(), layout)  # noqa: DTZ007 - the zone is seen to below
    except ValueError as error:
        raise ConversionError(f"does not fit the format {layout!r}") from error
    return _aware(moment, zone)


def _aware(moment: datetime, zone: ZoneInfo | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise ConversionError("has no offset; set `zone`, such as `zone: UTC`")
    return moment.replace(tzinfo=zone)
