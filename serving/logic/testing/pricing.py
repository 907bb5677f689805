"""What a completion costs, by the same table as every execution in the lake."""

from datetime import datetime
from decimal import Decimal

from serving.logic.models.provider import Completion
from sql.prices.resolve import resolve
from sql.prices.table import Price, load_prices


def cost_usd(provider: str, completion: Completion, at: datetime) -> Decimal | None:
    """The price of one call at an instant; None where its tokens are not told or the model has no certain price.

    Cached input is priced as input: what chat completions tell in common does not say more.
    """
    if completion.input_tokens is None or completion.output_tokens is None:
        return None
    price = _price(provider, completion.model, at)
    if price is None:
        return None
    return completion.input_tokens * price.input_usd_per_token + completion.output_tokens * price.output_usd_per_token


def _price(provider: str, model: str, at: datetime) -> Price | None:
    prices = load_prices()
    priced = resolve(provider, model, prices)
    return next(
        (
            price
            for price in prices
            if (price.provider, price.model) == priced
            and (price.valid_from is None or price.valid_from <= at)
            and (price.valid_to is None or at < price.valid_to)
        ),
        None,
    )
