"""The dated price table: what a token of a model cost at a provider at an instant.

`prices.csv` is written by `sql.prices.seed`; `overrides.csv` is edited by hand and wins for the same
provider, model and `valid_from`. A file of the owner's own (contract prices) may win over both. Facts are
dated and never overwritten: a new price is a new row, so that history can be priced at the price of its day.
"""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
SEED = FOLDER / "prices.csv"
OVERRIDES = FOLDER / "overrides.csv"

COLUMNS = (
    "provider",
    "model",
    "valid_from",
    "input_usd_per_mtok",
    "cache_read_usd_per_mtok",
    "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok",
    "output_usd_per_mtok",
    "source",
)

# Per million tokens, so that six decimals here are the twelve decimals of DECIMAL(.., 12) per token.
_NUMBER = re.compile(r"(-?)\d+(?:\.\d{1,6})?", re.ASCII)
_ANY_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_SINCE_EVER = datetime.min.replace(tzinfo=UTC)


class PriceError(ValueError):
    """A price file says something that can't be a price; the message names the file and the line."""


class Price(NamedTuple):
    """The price of one model at one provider in `valid_from <= instant < valid_to`, in USD per token.

    `None` as a bound means without bound. Where a file leaves a cache price empty no separate price is known:
    a cache read and a 5-minute write then cost what input costs, and a 1-hour write what a 5-minute write
    costs. Reasoning tokens are output tokens. A price of 0 is a model that is free, and is always written
    out. `source` says where the fact is from.
    """

    provider: str
    model: str
    valid_from: datetime | None
    valid_to: datetime | None
    input_usd_per_token: Decimal
    cache_read_usd_per_token: Decimal
    cache_write_5m_usd_per_token: Decimal
    cache_write_1h_usd_per_token: Decimal
    output_usd_per_token: Decimal
    source: str


@cache
def load_prices(extra: Path | None = None) -> tuple[Price, ...]:
    """All prices, sorted by provider, model and time; at every instant at most one a provider and model.

    `extra` is a file of the same columns that wins over the project's own for the same provider, model and
    `valid_from`. A file that can't be read raises `OSError`, one that says nonsense `PriceError`.
    """
    merged: dict[tuple[str, str, datetime], Price] = {}
    for path in (SEED, OVERRIDES, extra):
        if path is not None:
            merged.update(_read(path))
    prices: list[Price] = []
    later: Price | None = None
    for key in sorted(merged, reverse=True):
        price = merged[key]
        if later is not None and later[:2] == price[:2]:
            price = price._replace(valid_to=later.valid_from)
        prices.append(price)
        later = price
    return tuple(reversed(prices))


def _sort_key(price: Price) -> tuple[str, str, datetime]:
    return price.provider, price.model, price.valid_from or _SINCE_EVER


def _read(path: Path) -> dict[tuple[str, str, datetime], Price]:
    found: dict[tuple[str, str, datetime], Price] = {}
    lines: dict[tuple[str, str, datetime], int] = {}
    for line, cells in _rows(path):
        try:
            price = _price(cells)
        except ValueError as error:
            raise PriceError(f"{path}:{line}: {error}") from error
        key = _sort_key(price)
        if key in found:
            what = f"{price.provider} {price.model} from that date"
            raise PriceError(f"{path}:{line}: line {lines[key]} already has the price of {what}")
        found[key], lines[key] = price, line
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header with their line numbers, cells in the order of `COLUMNS`."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        for name in header:
            if name not in COLUMNS:
                raise PriceError(f"{path}:1: unknown column {name!r}")
        if tuple(header) != COLUMNS:
            raise PriceError(f"{path}:1: the columns must be {','.join(COLUMNS)}")
        for cells in reader:
            if len(cells) != len(COLUMNS):
                raise PriceError(f"{path}:{reader.line_num}: {len(cells)} cells where {len(COLUMNS)} belong")
            yield reader.line_num, cells


def _price(cells: list[str]) -> Price:
    provider, model, valid_from, tokens_in, read, write_5m, write_1h, tokens_out, source = cells
    for name, value in (("provider", provider), ("model", model), ("source", source)):
        if not value.strip():
            raise ValueError(f"{name} is empty")
    input_usd = _usd_per_token("input_usd_per_mtok", tokens_in)
    write_5m_usd = _usd_per_token("cache_write_5m_usd_per_mtok", write_5m) if write_5m else input_usd
    return Price(
        provider=provider,
        model=model,
        valid_from=_instant(valid_from) if valid_from else None,
        valid_to=None,
        input_usd_per_token=input_usd,
        cache_read_usd_per_token=_usd_per_token("cache_read_usd_per_mtok", read) if read else input_usd,
        cache_write_5m_usd_per_token=write_5m_usd,
        cache_write_1h_usd_per_token=_usd_per_token("cache_write_1h_usd_per_mtok", write_1h)
        if write_1h
        else write_5m_usd,
        output_usd_per_token=_usd_per_token("output_usd_per_mtok", tokens_out),
        source=source,
    )


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
    return Decimal(text).scaleb(-6)


@cache
def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"valid_from {text!r} is not an ISO date-time") from error
    if instant.tzinfo is None or not text.endswith("Z"):
        raise ValueError(f"valid_from {text!r} has no zone, it must end with Z")
    return instant.astimezone(UTC)
