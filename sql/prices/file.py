"""Reads a file of dated prices. What can't be a price is refused with file and line."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

_TERMS = ("region", "service_tier", "is_batch", "input_tokens_above")
_PRICES = (
    "input_usd_per_mtok",
    "cache_read_usd_per_mtok",
    "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok",
    "output_usd_per_mtok",
)
COLUMNS = ("provider", "model", *_TERMS, "valid_from", *_PRICES, "source")
REQUIRED = ("provider", "model", "valid_from", "input_usd_per_mtok", "output_usd_per_mtok", "source")
"""The columns that a file must have; where another one is missing, its cells are empty."""

STANDARD_TIERS = frozenset({"", "auto", "default", "on-demand", "on_demand", "standard", "standard_only"})
"""What providers call the tier that needs no name."""

# Per million tokens, so that six decimals here are the twelve decimals of DECIMAL(.., 12) per token.
_NUMBER = re.compile(r"(-?)\d+(?:\.\d{1,6})?", re.ASCII)
_ANY_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_TRUTH = {"": False, "false": False, "true": True}
_USD_PER_MTOK_MAX = 100_000
"""A hundred times the dearest; above is a mistake in the unit."""


class PriceError(ValueError):
    """A price file says something that can't be a price; the message names the file and the line."""


class DatedPrice(NamedTuple):
    """One row: from `valid_from` (None: since ever) a call with more input tokens than that costs so much."""

    provider: str
    model: str
    region: str
    service_tier: str
    is_batch: bool
    input_tokens_above: int
    valid_from: datetime | None
    usd: tuple[Decimal, ...]
    """Per token: input, cache read, 5-minute and 1-hour cache write, output."""
    source: str


def read_prices(path: Path, *, is_own: bool = False) -> Iterator[DatedPrice]:
    """The rows of a file.

    Where a cache price is empty no separate price is known: a cache read and a 5-minute write then cost what input
    costs, and a 1-hour write what a 5-minute write costs.

    Args:
        is_own: it is the owner's, whose rows must all be dated, and may have no provider: they are the prices of calls
            that name none.

    Raises:
        OSError: the file can't be read.
        PriceError: it says nonsense.
    """
    lines: dict[tuple[object, ...], int] = {}
    for line, row in rows_of(path, COLUMNS, REQUIRED):
        try:
            price = _price(row, is_own)
        except ValueError as error:
            raise PriceError(f"{path}:{line}: {error}") from error
        if (taken := lines.setdefault(price[:7], line)) != line:
            what = f"{price.provider} {price.model} from that date"
            raise PriceError(f"{path}:{line}: line {taken} already has the price of {what}")
        yield price


def rows_of(path: Path, known: tuple[str, ...], required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the header of a CSV file, stripped, with their line numbers.

    Raises:
        PriceError: a column is unknown, missing or there twice, or a row has another number of cells.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if wrong := _wrong_with(header, known, required):
                raise PriceError(f"{path}:1: {wrong}")
            for cells in reader:
                if len(cells) != len(header):
                    raise PriceError(f"{path}:{reader.line_num}: {len(cells)} cells where {len(header)} belong")
                yield reader.line_num, dict.fromkeys(known, "") | dict(zip(header, map(str.strip, cells), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise PriceError(f"{path}: this is not CSV in UTF-8 ({error})") from error


def _wrong_with(header: list[str], known: tuple[str, ...], required: tuple[str, ...]) -> str | None:
    if unknown := [name for name in header if name not in known]:
        return f"unknown column {unknown[0]!r}; known are {', '.join(known)}"
    if missing := [name for name in required if name not in header]:
        return f"the column {missing[0]!r} is missing"
    if twice := [name for name in header if header.count(name) > 1]:
        return f"the column {twice[0]!r} is there twice"
    return None


def _price(row: dict[str, str], is_own: bool) -> DatedPrice:
    for name in ("provider", "model", "source"):
        if not row[name] and not (is_own and name == "provider"):
            raise ValueError(f"{name} is empty")
    if is_own and not row["valid_from"]:
        raise ValueError("valid_from is empty; say since when the price holds, such as 2026-01-01")
    tier = row["service_tier"].lower()
    return DatedPrice(
        provider=row["provider"],
        model=row["model"],
        region=row["region"].lower(),
        service_tier="" if tier in STANDARD_TIERS else tier,
        is_batch=_truth("is_batch", row["is_batch"].lower()),
        input_tokens_above=_count("input_tokens_above", row["input_tokens_above"] or "0"),
        valid_from=_instant(row["valid_from"]) if row["valid_from"] else None,
        usd=_usd(row),
        source=row["source"],
    )


def _usd(row: dict[str, str]) -> tuple[Decimal, ...]:
    """The five prices; a cache price that is empty is that of what it takes the place of."""

    def said(name: str, otherwise: Decimal | None = None) -> Decimal:
        return otherwise if otherwise is not None and not row[name] else _usd_per_token(name, row[name])

    used, read, write_5m, write_1h, made = _PRICES
    input_usd = said(used)
    write_5m_usd = said(write_5m, input_usd)
    return input_usd, said(read, input_usd), write_5m_usd, said(write_1h, write_5m_usd), said(made)


# Few distinct prices and dates make up thousands of rows: reading each text once halves the loading time.
@cache
def _usd_per_token(column: str, text: str) -> Decimal:
    matched = _NUMBER.fullmatch(text)
    if matched is None:
        if _ANY_NUMBER.fullmatch(text):
            raise ValueError(f"{column} {text!r} has more than 6 decimals")
        raise ValueError(f"{column} {text!r} is not a number")
    if matched[1]:
        raise ValueError(f"{column} {text!r} is negative")
    if (per_mtok := Decimal(text)) > _USD_PER_MTOK_MAX:
        raise ValueError(f"{column} {text!r} is more than {_USD_PER_MTOK_MAX:,} US dollars per million tokens")
    return per_mtok.scaleb(-6)


@cache
def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"valid_from {text!r} is not an ISO date or date-time") from error
    if _is_date(text):
        return instant.replace(tzinfo=UTC)
    if instant.tzinfo is None or not text.endswith("Z"):
        raise ValueError(f"valid_from {text!r} has no zone, it must end with Z")
    return instant.astimezone(UTC)


def _is_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is not None


def _count(column: str, text: str) -> int:
    if _COUNT.fullmatch(text) is None:
        raise ValueError(f"{column} {text!r} is not a whole number")
    return int(text)


def _truth(column: str, text: str) -> bool:
    if text not in _TRUTH:
        raise ValueError(f"{column} {text!r} is neither true nor false")
    return _TRUTH[text]
