"""The types that contract fields are made of; each says once what it accepts, and in which unit.

Events are validated strictly: a number in quotes, or a bare number as a time, has no certain meaning and is
refused rather than guessed at.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from ingest.contracts.instants import EPOCH

COUNT_MAX = 10**12
"""No honest count, and no duration in milliseconds, is larger; what is larger overflowed or has another unit."""

TOKENS_MAX = 10**9
"""A hundred times the largest context there is; times any price it still fits the DECIMAL that cost is computed in."""

NUMBER_MAX = 1e12
"""Scores beyond have no meaning, and would not fit the DECIMAL that they are summed in."""


_BARE_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*", re.ASCII)


def _time(value: Any) -> Any:
    if isinstance(value, str) and value[4:5] == "-":
        return value  # a year stands before it: what nearly all send, and no number
    in_quotes = isinstance(value, str) and _BARE_NUMBER.fullmatch(value) is not None
    if in_quotes or (isinstance(value, int | float) and not isinstance(value, bool)):
        # Pydantic would guess seconds or milliseconds from its size.
        raise ValueError(
            f"is a bare number{' in quotes' if in_quotes else ''}, which has no unit; give an ISO 8601 time with its "
            "offset, such as 2026-03-01T09:30:00Z"
        )
    return value


def _round_milliseconds(value: Any) -> Any:
    # Clocks hand out fractions of a millisecond; nobody can use them, and whole numbers store in a third of the bytes.
    return round(value) if isinstance(value, float) and abs(value) < COUNT_MAX else value


def _round_pixels(value: Any) -> Any:
    return round(value) if isinstance(value, float) and abs(value) <= PIXELS_MAX else value


PiiClass = Literal["none", "person", "content", "open"]
"""How a field touches a person.

``none``: says nothing about one. ``person``: points to one, by an id or an address. ``content``: what one wrote; goes
where consent to content is withheld. ``open``: may hold anything, because its source decides.
"""
PII_CLASSES: tuple[PiiClass, ...] = get_args(PiiClass)


def described(description: str, unit: str | None = None, *, pii: PiiClass = "none", **constraints: Any) -> Any:
    """Pydantic ``Field`` with what every contract field says: what it is, in which unit, and whom it tells about."""
    extra: dict[str, Any] = {"pii": pii} | ({"unit": unit} if unit else {})
    return Field(description=description, json_schema_extra=extra, **constraints)


Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]
"""A name or an id."""

LongText = Annotated[str, StringConstraints(max_length=8192)]
"""Something a person wrote."""

PASSAGE_MAX_CHARS = 500_000
Passage = Annotated[str, StringConstraints(max_length=PASSAGE_MAX_CHARS)]
"""What a model was given, or made."""


def without_query(address: Any) -> Any:
    """A web address without query and fragment, where tokens and e-mails stand; of a ``data:`` address only its type,
    for the rest is the resource itself. What is no text stays as it is.
    """
    if not isinstance(address, str):
        return address
    if address[:5].lower() == "data:":
        return re.split("[;,]", address, maxsplit=1)[0]
    return _QUERY.sub("", address)


_QUERY = re.compile(r"[?#].*", re.DOTALL)

PagePath = Annotated[str, StringConstraints(min_length=1, max_length=256), BeforeValidator(without_query)]
"""The path of a page. A query may hold tokens and addresses of people, so it is cut off wherever it comes from."""

Address = Annotated[str, StringConstraints(max_length=8192), BeforeValidator(without_query)]
"""A web address, its query cut off likewise."""

ID_MAX_CHARS = 128

IDENTIFIER_PATTERN = r"^[!-~]+$"
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=ID_MAX_CHARS, pattern=IDENTIFIER_PATTERN)]
"""An id without blanks: printable ASCII, at most 128 characters."""

Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_time)]
"""An instant, ISO 8601 with an offset; stored as microseconds since 1970 in UTC."""

Moment = Annotated[
    AwareDatetime,
    Field(strict=False, ge=EPOCH, le=datetime(2200, 1, 1, tzinfo=UTC)),
    BeforeValidator(_time),
]
"""An instant that is not when the event happened, and so is not held against the clock: within what tables can hold."""

Tokens = Annotated[int, Field(ge=0, le=TOKENS_MAX)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
HttpStatus = Annotated[int, Field(ge=100, le=599)]
Milliseconds = Annotated[
    int,
    Field(ge=0, le=COUNT_MAX),
    BeforeValidator(_round_milliseconds, json_schema_input_type=Annotated[float, Field(ge=0, le=COUNT_MAX)]),
]
"""A fraction may be sent; it is rounded."""

Number = Annotated[float, Field(ge=-NUMBER_MAX, le=NUMBER_MAX, allow_inf_nan=False)]
Measure = Annotated[float, Field(ge=-1e18, le=1e18, allow_inf_nan=False)]
"""What a service measured, in its own unit: bytes of a bucket, too."""

UsdCost = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
PIXELS_MAX = 10**6
Pixels = Annotated[
    int,
    Field(ge=-PIXELS_MAX, le=PIXELS_MAX),
    BeforeValidator(_round_pixels, json_schema_input_type=Annotated[float, Field(ge=-PIXELS_MAX, le=PIXELS_MAX)]),
]
"""A length on a screen in CSS pixels; a fraction may be sent, and is rounded."""

Device = Literal["desktop", "mobile", "tablet", "other"]
DEVICE = described("Kind of device", default=None)
IS_BOT = described("Whether a program acted, by its own declaration", default=None)
