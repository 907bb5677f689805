"""Our prices beside another table's, at an instant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sql.prices.book import PriceBook, Said
from sql.prices.litellm import KINDS, Listed
from sql.prices.table import Price

_SMALLEST_USD = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Difference:
    """One price that the tables disagree on, in USD per token."""

    name: str
    said: Said
    input_tokens_above: int
    kind: str
    ours_usd: Decimal
    theirs_usd: Decimal


@dataclass(slots=True)
class Comparison:
    """What became of each offer that they list."""

    compared: int = 0
    """Offers that both have."""
    differences: list[Difference] = field(default_factory=list)
    unknown: list[Said] = field(default_factory=list)
    """Offers without a price of ours."""
    only_ours: list[tuple[str, str]] = field(default_factory=list)
    """Models of ours that no offer of theirs means."""


def compare(book: PriceBook, listed: Iterable[Listed], at: datetime) -> Comparison:
    """Every price that they say beside the one that a call of that name would have at the instant."""
    done, met = Comparison(), set()
    for theirs in listed:
        ours = [price for price in book.prices_of(theirs.said) if _holds(price, at)]
        if not ours:
            done.unknown.append(theirs.said)
            continue
        done.compared += 1
        met.add(ours[0][:2])
        done.differences += _differences(theirs, ours)
    done.only_ours = sorted({price[:2] for price in book.prices if _holds(price, at)} - met)
    return done


def _holds(price: Price, at: datetime) -> bool:
    return (price.valid_from is None or price.valid_from <= at) and (price.valid_to is None or at < price.valid_to)


def _differences(theirs: Listed, ours: Sequence[Price]) -> Iterator[Difference]:
    bounds = {*theirs.usd, *map(_bound, ours)}
    for above in sorted(bounds):
        price = next((p for p in ours if p.input_tokens_from <= above + 1 <= p.input_tokens_through), None)
        if price is None:
            continue
        for kind, usd in enumerate(price.usd_per_token):
            # A price that they don't say for so much input is that for less.
            said = [
                by_kind[kind] for bound, by_kind in sorted(theirs.usd.items()) if bound <= above and kind in by_kind
            ]
            if said and abs(said[-1] - usd) >= _SMALLEST_USD:
                yield Difference(theirs.name, theirs.said, above, KINDS[kind], usd, said[-1])


def _bound(price: Price) -> int:
    """The input above which a price holds; from 200,000 on and above 200,000 are one bound, read in two ways."""
    first = price.input_tokens_from
    return first if first % 1000 == 0 else first - 1
