"""The dated price table: what a token cost at a provider, at an instant, by the terms of the call.

`prices.csv` is written by `sql.prices.seed`; `overrides.csv` is edited by hand and wins for the same offer and
`valid_from`. A file of the owner's own (contract prices) wins over both from its first date on. Facts are dated and
never overwritten: a new price is a new row, so that history can be priced at the price of its day.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from sql.prices.file import COLUMNS, DatedPrice, PriceError, read_prices

__all__ = ["COLUMNS", "OVERRIDES", "SEED", "Offer", "Price", "PriceError", "load_prices"]

FOLDER = Path(__file__).parent
SEED = FOLDER / "prices.csv"
OVERRIDES = FOLDER / "overrides.csv"

INPUT_TOKENS_MAX = 10**12
"""More input than a call can have."""

_SINCE_EVER = datetime.min.replace(tzinfo=UTC)


class Offer(NamedTuple):
    """What is sold: a model at a provider, on terms that change its price. Empty is the standard."""

    provider: str
    model: str
    region: str
    """A provider's region, or the prefix of a Bedrock model's name, such as `eu` or `global`; empty: all others."""
    service_tier: str
    is_batch: bool


class Price(NamedTuple):
    """The price of an offer in `valid_from <= instant < valid_to`, in USD per token, for calls of so much input.

    `None` as a bound means without bound. `input_tokens_from` to `input_tokens_through` counts everything that was
    read, from a cache or not; crossing a bound changes the price of all tokens of the call. Reasoning tokens are output
    tokens. A price of 0 is a model that is free, and is always written out. `source` says where the fact is from.
    """

    provider: str
    model: str
    region: str
    service_tier: str
    is_batch: bool
    input_tokens_from: int
    input_tokens_through: int
    valid_from: datetime | None
    valid_to: datetime | None
    input_usd_per_token: Decimal
    cache_read_usd_per_token: Decimal
    cache_write_5m_usd_per_token: Decimal
    cache_write_1h_usd_per_token: Decimal
    output_usd_per_token: Decimal
    source: str

    @property
    def offer(self) -> Offer:
        return Offer(*self[:5])

    @property
    def usd_per_token(self) -> tuple[Decimal, ...]:
        """Input, cache read, 5-minute and 1-hour cache write, output."""
        return self[9:14]


_Key = tuple[Offer, int, datetime]
"""An offer, the input above which a price holds, and since when."""


def load_prices(own: Path | None = None) -> tuple[Price, ...]:
    """All prices, sorted by offer, time and input; for a call of an offer there is at most one.

    `own` is a file of the owner's: from its first date on, it alone says the price of an offer and context tier that it
    names. Every row of it must be dated. A file that can't be read raises `OSError`, one that says nonsense
    `PriceError`.
    """
    # The project's own files stand still; the owner's may change between two builds of one process.
    return _listed_prices() if own is None else _prices(_outdone(_listed(), read_prices(own, is_own=True)))


@cache
def _listed_prices() -> tuple[Price, ...]:
    return _prices(_listed())


@cache
def _listed() -> Mapping[_Key, DatedPrice]:
    return {_key(fact): fact for path in (SEED, OVERRIDES) for fact in read_prices(path)}


def _prices(facts: Mapping[_Key, DatedPrice]) -> tuple[Price, ...]:
    by_offer = groupby(sorted(facts), key=lambda key: key[0])
    return tuple(price for offer, keys in by_offer for price in _history(offer, [facts[key] for key in keys]))


def _key(fact: DatedPrice) -> _Key:
    offer = Offer(fact.provider, fact.model, fact.region, fact.service_tier, fact.is_batch)
    return offer, fact.input_tokens_above, fact.valid_from or _SINCE_EVER


def _outdone(facts: Mapping[_Key, DatedPrice], own: Iterable[DatedPrice]) -> dict[_Key, DatedPrice]:
    mine = {_key(fact): fact for fact in own}
    first: dict[tuple[Offer, int], datetime] = {}
    for offer, above, since in sorted(mine, reverse=True):
        first[offer, above] = since
    kept = {key: fact for key, fact in facts.items() if key[:2] not in first or key[2] < first[key[0], key[1]]}
    return kept | mine


def _history(offer: Offer, facts: list[DatedPrice]) -> Iterator[Price]:
    """The prices of one offer. A change in one context tier may move the bounds of another."""
    prices: dict[tuple[int, int, int], Price] = {}
    changes = sorted({fact.valid_from or _SINCE_EVER for fact in facts})
    for since, until in zip(changes, [*changes[1:], None], strict=True):
        # Sorted by input and time, so that the latest of each context tier stays.
        holding = {f.input_tokens_above: f for f in facts if (f.valid_from or _SINCE_EVER) <= since}
        for above, next_above in pairwise([*sorted(holding), INPUT_TOKENS_MAX]):
            fact = holding[above]
            same = (id(fact), above, next_above)
            before = prices.get(same)
            bounds = (above + 1 if above else 0, next_above)
            began = None if since == _SINCE_EVER else since
            new = Price._make((*offer, *bounds, began, until, *fact.usd, fact.source))
            prices[same] = before._replace(valid_to=until) if before else new
    return iter(sorted(prices.values(), key=lambda p: (p.valid_from or _SINCE_EVER, p.input_tokens_from)))
