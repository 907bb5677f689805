"""What the price table says of an instant, for tests that put it beside other people's figures."""

from collections.abc import Sequence
from datetime import datetime

from sql.prices.table import Price


def price_at(prices: Sequence[Price], provider: str, model: str, at: datetime) -> Price | None:
    """The standard price of a model at an instant for little input, or None where the table knows none."""
    for price in prices:
        since, until = price.valid_from, price.valid_to
        holds = (since is None or since <= at) and (until is None or at < until)
        if holds and price.offer == (provider, model, "", "", False) and price.input_tokens_from == 0:
            return price
    return None
