"""The table that costs are computed from: for each day, what calls say and which prices then hold for them.

A day that is over keeps the prices with which it was first built, whatever the price files say later; see
``docs/adr/0018-published-costs-stand.md``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sql.prices.book import PriceBook, Said
from sql.prices.table import INPUT_TOKENS_MAX, Price

TABLE = "price.model_price"

SAID = """SELECT DISTINCT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    COALESCE(provider, '') AS said_provider,
    model AS said_model,
    COALESCE(region, '') AS said_region,
    COALESCE(service_tier, '') AS said_service_tier,
    COALESCE(is_batch, FALSE) AS said_is_batch
FROM silver.prompt_execution"""
"""Trino SQL of what :func:`daily_prices` is asked about."""

COLUMNS: Mapping[str, str] = {
    "day": "date",
    "said_provider": "varchar",
    "said_model": "varchar",
    "said_region": "varchar",
    "said_service_tier": "varchar",
    "said_is_batch": "boolean",
    "provider": "varchar",
    "model": "varchar",
    "region": "varchar",
    "valid_from": "timestamp(6)",
    "valid_to": "timestamp(6)",
    "input_tokens_from": "bigint",
    "input_tokens_through": "bigint",
    "input_usd": "decimal(13, 12)",
    "cache_read_usd": "decimal(13, 12)",
    "cache_write_5m_usd": "decimal(13, 12)",
    "cache_write_1h_usd": "decimal(13, 12)",
    "output_usd": "decimal(13, 12)",
    "source": "varchar",
}
"""Trino types of the table by column. A row without a ``model`` says that what is said has no price."""

_SAYS = 6
"""So many of the columns are what is said on a day; the others are the price."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a build prices calls with."""

    book: PriceBook
    today: date
    """The UTC day on which the build runs; it is not over, and takes prices as they are."""
    repriced: tuple[tuple[date, date], ...] = ()
    """Ranges of days, both ends included, whose prices are looked up anew."""

    def keeps(self, day: date) -> bool:
        """Whether a day keeps the prices it was built with."""
        return day < self.today and not self.is_repriced(day)

    def is_repriced(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.repriced)


def daily_prices(said: Iterable[Row], kept: Iterable[Row], book: PriceBook) -> list[Row]:
    """Rows of the table.

    Args:
        said: rows of :data:`SAID`.
        kept: rows of the table as it is, of days that keep their prices. What is said anew on these is looked up.
    """
    standing: dict[Row, list[Row]] = {}
    for row in kept:
        standing.setdefault(row[:_SAYS], []).append(row)
    return [row for key in said for row in standing.get(tuple(key)) or _looked_up(tuple(key), book)]


def _looked_up(key: Row, book: PriceBook) -> Iterator[Row]:
    day: date = key[0]
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = begin + timedelta(days=1)
    found = False
    for price in book.prices_of(Said(*key[1:])):
        since, until = max(price.valid_from or begin, begin), min(price.valid_to or end, end)
        if since < until:
            found = True
            yield (*key, *_row(price, since, until))
    if not found:
        yield (*key, None, None, None, _naive(begin), _naive(end), 0, INPUT_TOKENS_MAX, *[None] * 6)


def _row(price: Price, since: datetime, until: datetime) -> Row:
    tokens = (price.input_tokens_from, price.input_tokens_through)
    return (*price[:3], _naive(since), _naive(until), *tokens, *price.usd_per_token, price.source)


def _naive(moment: datetime) -> datetime:
    """As SQL's timestamps are: without a zone; ours are UTC."""
    return moment.replace(tzinfo=None)
