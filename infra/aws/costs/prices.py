"""The dated list prices, and what a quantity costs at one of them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from infra.aws.costs.documents import Strict, load

PATH = Path(__file__).with_name("prices.yaml")

NOTHING = Decimal(0)
Text = Annotated[str, Field(min_length=1)]
Usd = Annotated[Decimal, Field(gt=0)]


class Source(Strict):
    """Where prices come from, and when they were read there."""

    date: date
    text: Text


class Price(Strict):
    """US dollars for ``per`` units; ``above`` says what they are beyond so many units a month."""

    service: Text
    what: Text
    usd: Usd
    per: Annotated[Decimal, Field(gt=0)]
    unit: Text
    source: Text
    above: Mapping[Decimal, Usd] = {}
    free: Annotated[Decimal, Field(ge=0)] = NOTHING

    def usd_for(self, quantity: Decimal) -> Decimal:
        """Dollars of a month for so many units, not rounded."""
        steps = [(NOTHING, self.usd), *sorted(self.above.items())]
        ends = [*(start for start, _ in steps[1:]), quantity]
        parts = (max(min(quantity, end) - start, NOTHING) * usd for (start, usd), end in zip(steps, ends, strict=True))
        return sum(parts, NOTHING) / self.per


class Prices(Strict):
    """All of them, by name."""

    region: Text
    sources: Mapping[str, Source]
    prices: Mapping[str, Price]

    @model_validator(mode="after")
    def _sources_are_known(self) -> "Prices":
        for name, price in self.prices.items():
            if price.source not in self.sources:
                raise ValueError(f"the source {price.source!r} of {name!r} is not among the sources")
        return self


@cache
def load_prices(path: Path = PATH) -> Prices:
    """The prices of a file, by default the committed ones.

    Raises:
        CostError: a price lacks something, or is nonsense.
    """
    return load(Prices, path)
