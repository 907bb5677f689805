"""Which place of a row is which contract field, by its name and by what is in it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.doors.mapping import guess_names as names
from ingest.doors.mapping.convert import as_text
from ingest.doors.mapping.guess_sample import Place
from ingest.doors.mapping.times import ConversionError, decimal, epoch_unit_of, from_iso

Places = dict[str, Place]
Spec = dict[str, Any]

_LOOKED_AT = 200
_LAYOUTS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
)
_UNIT_ENDINGS = {
    "ms": ("ms", "msec", "millis", "milliseconds"),
    "s": ("s", "sec", "secs", "seconds"),
    "us": ("us", "usec", "micros", "microseconds"),
    "ns": ("ns", "nanos", "nanoseconds"),
}
_IDENTIFIER = re.compile(r"[!-~]{8,128}")


@dataclass(slots=True)
class Guess:
    """A field's draft, and why; ``sure`` says whether somebody should look."""

    spec: Spec
    why: str
    sure: bool = True


def pick(places: Places, wanted: Iterable[str], fits: Callable[[Place], bool]) -> Place | None:
    """The place with the likeliest name whose values fit; the least nested of several."""
    for name in wanted:
        found = [p for p in places.values() if name in p.names() and fits(p)]
        if found:
            return min(found, key=lambda p: p.path.count("."))
    return None


def is_count(place: Place) -> bool:
    return all((n := decimal(v)) is not None and n >= 0 and n == n.to_integral_value() for v in place.values)


def is_amount(place: Place) -> bool:
    return all((n := decimal(v)) is not None and n >= 0 for v in place.values)


def is_text(place: Place) -> bool:
    return all(not isinstance(v, bool | float) and len(as_text(v)) <= 256 for v in place.values)


def is_name(place: Place) -> bool:
    """A text that is no number: what a model or an event is called."""
    return is_text(place) and not any(decimal(v) is not None for v in place.values)


def is_identifier(place: Place) -> bool:
    return all(isinstance(v, str) and _IDENTIFIER.fullmatch(v) for v in place.values)


def time(places: Places) -> Guess | None:
    """When a row happened."""
    named = (p for name in names.TIME for p in places.values() if name in p.names())
    for place in (*named, *places.values()):
        guess = _time_of(place)
        if guess is not None:
            return guess
    return None


def _time_of(place: Place) -> Guess | None:
    values = place.values[:_LOOKED_AT]
    numbers = [decimal(v) for v in values]
    units = {epoch_unit_of(n) if n is not None else None for n in numbers}
    if len(units) == 1 and (unit := units.pop()) is not None:
        return Guess({"from": place.path, "unit": unit}, "a plausible time in this unit only")
    return _iso(place.path, values) or _laid_out(place.path, values)


def _iso(path: str, values: list[Any]) -> Guess | None:
    try:
        for value in values:
            from_iso(value, None)
    except ConversionError as error:
        if "zone" not in str(error):
            return None
    else:
        return Guess({"from": path, "unit": "iso8601"}, "ISO 8601 with its offset")
    spec = {"from": path, "unit": "iso8601", "zone": "UTC"}
    return Guess(spec, "ISO 8601 without an offset; UTC is taken for its zone", sure=False)


def _laid_out(path: str, values: list[Any]) -> Guess | None:
    for layout in _LAYOUTS:
        if all(isinstance(v, str) and _has_layout(v, layout) for v in values):
            zone = {} if "%z" in layout else {"zone": "UTC"}
            return Guess({"from": path, "format": layout, **zone}, "day, month and zone are to be checked", sure=False)
    return None


def _has_layout(value: str, layout: str) -> bool:
    try:
        datetime.strptime(value.strip(), layout)  # noqa: DTZ007 - only whether it can be read is asked
    except ValueError:
        return False
    return True


def duration(places: Places, wanted: list[str]) -> Guess | None:
    """A duration, with its unit by the end of its name, else by its size."""
    for name in wanted:
        for unit, endings in _UNIT_ENDINGS.items():
            place = pick(places, [f"{name}_{ending}" for ending in endings], is_amount)
            if place is not None:
                return Guess({"from": place.path, "unit": unit}, f"the name says {unit}")
    place = pick(places, wanted, is_amount)
    if place is None:
        return None
    middle = sorted(float(v) for v in place.values)[len(place.values) // 2]
    unit = "ms" if middle >= 200 else "s"
    return Guess({"from": place.path, "unit": unit}, f"half are above {middle:g}, so probably {unit}", sure=False)


def status(places: Places) -> Guess | None:
    """Whether an answer came: words of success and failure, or HTTP status codes."""
    for name in names.STATUS:
        place = pick(places, [name], is_status)
        if place is not None:
            good = sorted({as_text(v) for v in place.values if as_text(v).lower() in names.GOOD})
            table = {**dict.fromkeys(good or ["ok"], "ok"), "*": "error"}
            return Guess({"from": place.path, "map": table}, "all but these count as errors", sure=False)
    return None


def is_status(place: Place) -> bool:
    texts = {as_text(v).lower() for v in place.values}
    return all(t in names.GOOD | names.BAD or re.fullmatch(r"[1-5]\d\d", t) for t in texts)


def thumb(places: Places) -> Guess | None:
    """A thumb up or down, in the words that products have for it."""
    place = pick(places, names.THUMB, lambda p: {as_text(v).lower() for v in p.values} <= names.UP | names.DOWN)
    if place is None:
        return None
    table = {as_text(v): "up" if as_text(v).lower() in names.UP else "down" for v in place.values}
    return Guess({"from": place.path, "map": table}, "words for a thumb")


def rating(places: Places) -> Guess | None:
    """Stars from 1 to 5."""
    place = pick(places, names.RATING, lambda p: is_count(p) and all(1 <= float(v) <= 5 for v in p.values))
    return Guess({"from": place.path}, "whole numbers from 1 to 5") if place else None
