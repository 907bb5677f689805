"""Values as people read them, by the unit that the catalog gives."""

from datetime import date

from dashboards.reports.data import Bucket, Cell, Figure

NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_COMPACT_FROM = 10_000


def text(value: Cell, unit: str | None) -> str:
    """A value with its unit, short enough for a card or an axis; text passes unchanged."""
    if value is None or isinstance(value, str):
        return NOTHING if value is None else value
    number = float(value)
    if unit == "events":
        return f"{number:,.0f}"  # counted to the last one
    if unit == "difference":
        return f"{_signed(number * 100)}%"
    if number < 0:
        return f"{_MINUS}{text(-number, unit)}"
    if unit == "US dollars":
        return _dollars(number)
    if unit == "share":
        return f"{_digits(number * 100)}%"
    if unit and unit.startswith("milliseconds"):
        return f"{_digits(number)} ms" if number < 1000 else _seconds(number / 1000)
    if unit == "seconds":
        return _seconds(number)
    return _digits(number) if number < _COMPACT_FROM else _compact(number)


def exact(value: Cell, unit: str | None) -> str:
    """The same without leaving digits out, for a tooltip."""
    if value is None or isinstance(value, str):
        return text(value, unit)
    number = float(value)
    if unit == "US dollars":
        return f"${number:,.2f}" if number >= 1 else f"${number:,.6f}"
    if unit in ("share", "difference", "seconds") or (unit and unit.startswith("milliseconds")):
        return text(value, unit)
    return f"{number:,.0f}" if number == int(number) else f"{number:,.3f}"


def change(figure: Figure) -> str:
    """The change from the previous period: points for a share, else per cent; empty where there is nothing to say."""
    now, before = figure.value, figure.previous
    if now is None or before is None:
        return ""
    if figure.metric.unit == "share":
        return f"{_signed((now - before) * 100)} pp"
    if before == 0:
        return "was 0" if now else "unchanged"
    return f"{_signed((now - before) / abs(before) * 100)}%"


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def bucket_name(start: date, bucket: Bucket) -> str:
    """A bucket of time in full."""
    return {"day": day(start), "week": f"Week of {day(start)}", "month": f"{start:%B %Y}", "year": f"{start:%Y}"}[
        bucket
    ]


def bucket_tick(start: date, bucket: Bucket) -> str:
    """A bucket of time under an axis."""
    if bucket == "month":
        return f"{start:%b} {_APOSTROPHE}{start:%y}"
    return f"{start:%Y}" if bucket == "year" else f"{start.day} {start:%b}"


def short(name: str, at_most: int = 36) -> str:
    """A long name without its middle: models of one vendor differ at the end."""
    if len(name) <= at_most:
        return name
    head = at_most // 3
    return f"{name[:head]}…{name[len(name) - (at_most - head - 1) :]}"


def instant(iso: str) -> str:
    """An ISO 8601 time, UTC, to the minute."""
    return f"{iso[:10]} {iso[11:16]} UTC" if len(iso) >= len("2026-01-01T00:00") else iso


def _dollars(number: float) -> str:
    if number == 0:
        return "$0"
    if number < 0.1:  # below ten cents two decimals say nothing
        return "$" + _plain(f"{number:.2g}")
    return f"${number:,.2f}" if number < _COMPACT_FROM else f"${_compact(number)}"


def _plain(number: str) -> str:
    return f"{float(number):.12f}".rstrip("0") if "e" in number else number


def _seconds(number: float) -> str:
    if number < 60:
        return f"{_digits(number)} s"
    return f"{_digits(number / 60)} min" if number < 3600 else f"{_digits(number / 3600)} h"


def _digits(number: float) -> str:
    """Three digits that matter, and never a fraction of more than two of them."""
    if number == int(number) or abs(number) >= 100:
        return f"{number:,.0f}"
    if abs(number) >= 10:
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) >= 0.01 else f"<{0.01}" if number > 0 else "0"


def _compact(number: float) -> str:
    for step, letter in _STEPS:
        if number >= step * 0.9995:
            return f"{_digits(float(f'{number / step:.3g}'))}{letter}"
    return _digits(number)


def _signed(number: float) -> str:
    digits = _digits(abs(number))
    return "±0" if digits in ("0", "<0.01") else f"{'+' if number > 0 else _MINUS}{digits}"
