"""Our cost of every request of aider's public log beside the cost the app itself computed that day.

The log has tokens and a cost, but no cached tokens. So every request must have the same cost as ours, or one
of the reasons below, each of which is checked from the numbers alone. What has no reason is our error.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from sql.prices.resolve import Resolver
from sql.prices.table import Price
from tests.prices import price_at

# Their costs are sums of binary floats; a token of the cheapest model costs forty times as much.
TOLERANCE_USD = Decimal("1e-9")

# DeepSeek counts cached tokens in blocks of this size (api-docs.deepseek.com/guides/kv_cache).
DEEPSEEK_CACHE_BLOCK_TOKENS = 64

# USD per million tokens in and out that LiteLLM's table had in November 2024 and that never were list prices:
# an output price that lost a decimal place, and the launch price of another model.
UNLISTED_USD_PER_MTOK = {
    "gemini/gemini-1.5-pro-latest": (Decimal("3.5"), Decimal("1.05")),
    "gemini/gemini-pro": (Decimal("0.35"), Decimal("1.05")),
}


class Reason(StrEnum):
    """Why their cost of one request is what it is, beside ours."""

    SAME = "same"
    """Equal to ours."""
    UNPRICED = "unpriced"
    """The model's name is hidden or not in our table; ours is unknown, not 0."""
    SOURCE_HAD_NO_PRICE = "source_had_no_price"
    """Theirs is exactly 0 and our table has a price of that day."""
    FREE_MODEL = "free_model"
    """Our table says the model was free, theirs charged the price of its paid sibling."""
    PRICE_OF_THE_DAY = "price_of_the_day"
    """Theirs is exactly the price our dated table has for an earlier day: their table was out of date."""
    UNLISTED_PRICE = "unlisted_price"
    """Theirs is exactly a price that was in their table by mistake."""
    CACHE_NOT_IN_LOG = "cache_not_in_log"
    """Theirs is exact once a part of the prompt is priced as cache reads and writes."""
    CACHE_COUNTED_TWICE = "cache_counted_twice"
    """Theirs has cached tokens at the cache price on top of the whole prompt (aider issue 5516)."""
    UNEXPLAINED = "unexplained"


class Request(NamedTuple):
    """One `message_send` event of the log."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    their_cost_usd: Decimal
    at: datetime


class Comparison(NamedTuple):
    """All requests of one model; `difference_usd` is theirs minus ours by reason, without `UNPRICED` ones."""

    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    their_cost_usd: Decimal
    our_cost_usd: Decimal | None
    requests_by_reason: dict[Reason, int]
    difference_usd: dict[Reason, Decimal]

    @property
    def differs(self) -> bool:
        """Whether the totals are more than 1 % of ours apart, or ours is unknown."""
        if self.our_cost_usd is None:
            return True
        return abs(self.their_cost_usd - self.our_cost_usd) > self.our_cost_usd / 100

    @property
    def difference_percent(self) -> Decimal | None:
        """Theirs minus ours in percent of ours; None where ours is unknown or 0 and theirs is not."""
        if self.our_cost_usd is None:
            return None
        difference = self.their_cost_usd - self.our_cost_usd
        if not self.our_cost_usd:
            return None if difference else Decimal(0)
        return 100 * difference / self.our_cost_usd


def requests(log: Path) -> Iterator[Request]:
    """The `message_send` events of the log, in its order."""
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "message_send":
                said = event["properties"]
                yield Request(
                    model=said["main_model"] or "",
                    prompt_tokens=said["prompt_tokens"],
                    completion_tokens=said["completion_tokens"],
                    their_cost_usd=Decimal(str(said["cost"])),
                    at=datetime.fromtimestamp(event["time"], UTC),
                )


def our_price(request: Request, resolver: Resolver) -> Price | None:
    """The price of the request's model at its instant."""
    found = resolver.find(None, request.model)
    return price_at(resolver.prices, found.provider, found.model, request.at) if found else None


def cost_usd(request: Request, price: Price) -> Decimal:
    """The list price of the request with every prompt token as uncached input."""
    return request.prompt_tokens * price.input_usd_per_token + request.completion_tokens * price.output_usd_per_token


def explain(request: Request, price: Price | None, earlier: Sequence[Price]) -> Reason:
    """The reason of one request; `earlier` are the model's prices before `price`."""
    if price is None:
        return Reason.UNPRICED
    ours = cost_usd(request, price)
    if _same(request.their_cost_usd, ours):
        return Reason.SAME
    if not request.their_cost_usd:
        return Reason.SOURCE_HAD_NO_PRICE
    if not ours:
        return Reason.FREE_MODEL
    if any(_same(request.their_cost_usd, cost_usd(request, before)) for before in earlier):
        return Reason.PRICE_OF_THE_DAY
    if _is_unlisted_price(request):
        return Reason.UNLISTED_PRICE
    if any(_is_cached(request, at_some_time) for at_some_time in (price, *earlier)):
        return Reason.CACHE_NOT_IN_LOG
    if _is_counted_twice(request, price):
        return Reason.CACHE_COUNTED_TWICE
    return Reason.UNEXPLAINED


def compare(log: Iterable[Request], prices: Sequence[Price]) -> list[Comparison]:
    """Ours beside theirs by model, the dearest first."""
    by_model: dict[str, list[Request]] = defaultdict(list)
    for request in log:
        by_model[request.model].append(request)
    resolver = Resolver(prices)
    compared = [_compare_model(model, rows, resolver) for model, rows in by_model.items()]
    return sorted(compared, key=lambda one: (-one.their_cost_usd, -one.requests, one.model))


def table(compared: Sequence[Comparison]) -> str:
    """The Markdown table of `docs/aider-costs.md`: the difference is theirs minus ours in percent of ours."""
    lines = [
        "| model | requests | prompt tokens | completion tokens | theirs USD | ours USD | difference | reasons |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for one in compared:
        ours = "unpriced" if one.our_cost_usd is None else f"{one.our_cost_usd:.6f}"
        percent = one.difference_percent
        # + 0 takes the sign from a zero that rounding left.
        difference = "" if percent is None else f"{round(percent, 2) + 0:.2f} %"
        reasons = ", ".join(
            f"{reason} ({count})"
            for reason, count in sorted(one.requests_by_reason.items())
            if reason is not Reason.SAME
        )
        name = one.model or "(empty)"
        lines.append(
            f"| `{name}` | {one.requests} | {one.prompt_tokens} | {one.completion_tokens} "
            f"| {one.their_cost_usd:.6f} | {ours} | {difference} | {reasons} |"
        )
    return "\n".join(lines) + "\n"


def _compare_model(model: str, rows: Sequence[Request], resolver: Resolver) -> Comparison:
    ours: Decimal | None = None
    count: dict[Reason, int] = defaultdict(int)
    difference: dict[Reason, Decimal] = defaultdict(Decimal)
    for request in rows:
        price = our_price(request, resolver)
        reason = explain(request, price, _earlier(price, resolver.prices))
        count[reason] += 1
        if price is not None:
            cost = cost_usd(request, price)
            ours = cost + (ours or 0)
            difference[reason] += request.their_cost_usd - cost
    return Comparison(
        model=model,
        requests=len(rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        their_cost_usd=sum((row.their_cost_usd for row in rows), Decimal(0)),
        our_cost_usd=ours,
        requests_by_reason=dict(count),
        difference_usd=dict(difference),
    )


def _earlier(price: Price | None, prices: Sequence[Price]) -> list[Price]:
    """The prices of the same model before this one, latest first."""
    if price is None or price.valid_from is None:
        return []
    same = [one for one in prices if one[:6] == price[:6]]
    return [one for one in reversed(same) if one.valid_to is not None and one.valid_to <= price.valid_from]


def _same(one_usd: Decimal, other_usd: Decimal) -> bool:
    return abs(one_usd - other_usd) <= TOLERANCE_USD


def _is_unlisted_price(request: Request) -> bool:
    per_mtok = UNLISTED_USD_PER_MTOK.get(request.model)
    if per_mtok is None:
        return False
    cost = (request.prompt_tokens * per_mtok[0] + request.completion_tokens * per_mtok[1]) / 1_000_000
    return _same(request.their_cost_usd, cost)


def _is_cached(request: Request, price: Price) -> bool:
    """Whether whole numbers of cached tokens, no more than the prompt, give exactly their cost.

    Cheaper than ours must be reads alone: reads and writes together would meet nearly every amount.
    """
    extra_usd = request.their_cost_usd - cost_usd(request, price)
    saved_by_read_usd = price.input_usd_per_token - price.cache_read_usd_per_token
    added_by_write_usd = price.cache_write_5m_usd_per_token - price.input_usd_per_token
    if saved_by_read_usd <= 0:
        return False
    if extra_usd < 0:
        read_tokens = round(-extra_usd / saved_by_read_usd)
        return read_tokens <= request.prompt_tokens and _same(-extra_usd, read_tokens * saved_by_read_usd)
    if added_by_write_usd <= 0:
        return False
    for read_tokens in range(request.prompt_tokens + 1):
        written_usd = extra_usd + read_tokens * saved_by_read_usd
        written_tokens = round(written_usd / added_by_write_usd)
        if read_tokens + written_tokens > request.prompt_tokens:
            return False
        if _same(written_usd, written_tokens * added_by_write_usd):
            return True
    return False


def _is_counted_twice(request: Request, price: Price) -> bool:
    """Whether blocks of cached tokens were added, at the cache price or aider's fixed tenth of input."""
    extra_usd = request.their_cost_usd - cost_usd(request, price)
    for read_usd in (price.cache_read_usd_per_token, price.input_usd_per_token / 10):
        read_tokens = round(extra_usd / read_usd)
        if (
            0 < read_tokens <= request.prompt_tokens
            and read_tokens % DEEPSEEK_CACHE_BLOCK_TOKENS == 0
            and _same(extra_usd, read_tokens * read_usd)
        ):
            return True
    return False
