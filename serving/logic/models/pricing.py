"""What a completion costs, by the same table as every execution in the lake."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from serving.logic.models.usage import Usage

if TYPE_CHECKING:
    from sql.prices.book import PriceBook


def cost_usd(book: "PriceBook", provider: str, model: str, usage: Usage | None, at: datetime) -> Decimal | None:
    """The price of one call at an instant; None where its tokens are not told or the model has no certain price."""
    if usage is None:
        return None
    from sql.prices.book import Said

    for price in book.prices_of(Said(provider, model)):
        is_then = (price.valid_from is None or price.valid_from <= at) and (
            price.valid_to is None or at < price.valid_to
        )
        if is_then and price.input_tokens_from <= usage.input <= price.input_tokens_through:
            tokens = (
                usage.uncached_input,
                usage.cache_read,
                usage.cache_write_5m,
                usage.cache_write_1h,
                usage.output,
            )
            return sum((n * usd for n, usd in zip(tokens, price.usd_per_token, strict=True)), Decimal())
    return None
