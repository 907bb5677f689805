"""What a completion costs, by the same table as every execution in the lake."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from serving.logic.models.provider import Completion

if TYPE_CHECKING:
    from sql.prices.book import PriceBook


def cost_usd(book: "PriceBook", provider: str, completion: Completion, at: datetime) -> Decimal | None:
    """The price of one call at an instant; None where its tokens are not told or the model has no certain price.

    Cached input is priced as input: what chat completions tell in common does not say more.
    """
    tokens_in, tokens_out = completion.input_tokens, completion.output_tokens
    if tokens_in is None or tokens_out is None:
        return None
    from sql.prices.book import Said

    for price in book.prices_of(Said(provider, completion.model)):
        is_then = (price.valid_from is None or price.valid_from <= at) and (
            price.valid_to is None or at < price.valid_to
        )
        if is_then and price.input_tokens_from <= tokens_in <= price.input_tokens_through:
            return tokens_in * price.input_usd_per_token + tokens_out * price.output_usd_per_token
    return None
