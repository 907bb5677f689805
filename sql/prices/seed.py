"""Writes `prices.csv` and `names.csv` from the package genai-prices (MIT): `python -m sql.prices.seed`.

Only this module imports genai-prices, which is in the dev group. What it lacks or has wrong belongs into
`overrides.csv`, never into the written files: a test fails when they are not what this module writes.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from importlib.metadata import version

from genai_prices.data import providers
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from sql.prices.file import COLUMNS, STANDARD_TIERS
from sql.prices.table import FOLDER, SEED

NAMES = FOLDER / "names.csv"

# Fees that tokens can't express, and output that is not text: a price without them would be too low.
_NOT_BY_TEXT_TOKENS = {
    "output_audio_mtok",
    "output_image_mtok",
    "output_video_mtok",
    "output_reasoning_mtok",
    "output_citation_mtok",
    "requests_kcount",
}
_NOT_TEXT = re.compile(r"audio|image|realtime|speech|transcribe|tts|video")
_PRICE_KEYS = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok", "output_mtok")
_MICRO = Decimal("0.000001")  # per million tokens: what is below is the noise of a price once divided
_HALF_A_DAY_MINUTES = 12 * 60
_TIERS = ("service_tier", "speed")
"""Contexts of genai-prices that are a service tier of ours. Routes and kinds of search are nothing that calls say."""
_BATCH = {"processing": "batch"}
_BEDROCK_REGIONS = {"regional", "global", "us", "eu", "apac", "au", "ca", "in", "jp"}
"""`regional.` is genai-prices' word for every region that has no row of its own."""

Cells = tuple[str, ...]
Numbers = dict[str, Decimal | TieredPrices]


def price_rows() -> list[Cells]:
    """The rows of `prices.csv`: text models at every tier that their calls name, in the order of `COLUMNS`."""
    rows: list[Cells] = []
    for provider in providers:
        for model in provider.models:
            region, name = _region(provider.id, model.id.lower())
            for tier, is_batch, above, *dated in _dated_prices(model):
                rows.append((provider.id, name, region, tier, is_batch, above, *dated))
    return sorted(rows)


def name_rows() -> list[tuple[str, str, str]]:
    """The rows of `names.csv`: other names that genai-prices says are exactly a priced model."""
    priced = {row[:2] for row in price_rows()}
    meant: dict[tuple[str, str], set[str]] = {}
    for provider in providers:
        for model in provider.models:
            for name in _equal_names(model):
                key = provider.id, _region(provider.id, name)[1]
                meant.setdefault(key, set()).add(_region(provider.id, model.id.lower())[1])
    return sorted(
        (provider_id, name, model_id)
        for (provider_id, name), models in meant.items()
        if (provider_id, name) not in priced and len(models) == 1
        for model_id in models
        if (provider_id, model_id) in priced
    )


def _region(provider_id: str, name: str) -> tuple[str, str]:
    """The region of the price table that a name starts with, and the rest: calls name it apart from the model."""
    if provider_id != "aws":
        return "", name
    region, dot, rest = name.partition(".")
    if not dot or region not in _BEDROCK_REGIONS:
        return "", name
    return "" if region == "regional" else region, rest


def render(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """CSV text with Unix line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def main() -> None:
    """Writes both files beside this module."""
    SEED.write_text(render(COLUMNS, price_rows()), encoding="utf-8")
    NAMES.write_text(render(("provider", "name", "model"), name_rows()), encoding="utf-8")


def _dated_prices(model: ModelInfo) -> Iterator[Cells]:
    """Tier, batch and context of each price of a model, then `valid_from`, five prices and source; by date in each."""
    periods, note = _periods(model)
    source = f"genai-prices {version('genai-prices')}{note}"
    for tier, is_batch, variants in _terms(model):
        history = list(_history(periods, variants))
        if any(_not_text(model.id.lower(), numbers) for _, numbers in history):
            continue
        contexts = {t.start for _, n in history for v in n.values() if isinstance(v, TieredPrices) for t in v.tiers}
        for above in sorted({0, *contexts}):
            before: Cells | None = None
            for start, numbers in history:
                now = tuple(_plain(numbers[key], above) if key in numbers else "" for key in _PRICE_KEYS)
                if now != before:
                    valid_from = f"{start.isoformat()}T00:00:00Z" if start else ""
                    yield (tier, is_batch, str(above) if above else "", valid_from, *now, source)
                before = now


def _terms(model: ModelInfo) -> Iterator[tuple[str, str, list[PriceVariant]]]:
    """The terms on which a model is sold: service tier, batch, and what they change in the standard price."""
    yield "", "", []
    by_terms: dict[tuple[str, str], list[PriceVariant]] = {}
    for variant in model.price_variants or ():
        match list(variant.when.items()):
            case [(name, tier)] if name in _TIERS and tier not in STANDARD_TIERS:
                by_terms.setdefault((tier, ""), []).append(variant)
            case [_] if variant.when == _BATCH:
                by_terms.setdefault(("", "true"), []).append(variant)
    yield from ((*terms, variants) for terms, variants in by_terms.items())


def _history(
    periods: list[tuple[date | None, ModelPrice]], variants: list[PriceVariant]
) -> Iterator[tuple[date | None, Numbers]]:
    """What holds from each day on which something changes; before the first variant holds, nothing is said of it."""
    starts = {start for start, _ in periods} | {_start(variant) for variant in variants}
    for start in sorted(starts, key=lambda day: day or date.min):
        active = [variant for variant in variants if (_start(variant) or date.min) <= (start or date.min)]
        if active or not variants:
            (*_, standard) = (price for day, price in periods if (day or date.min) <= (start or date.min))
            # The first variant that says a price has it, and what none says is as usual.
            overlaid = [_known(standard), *(_known(variant.prices) for variant in reversed(active))]
            yield start, {key: value for numbers in overlaid for key, value in numbers.items()}


def _start(variant: PriceVariant) -> date | None:
    match variant.constraint:
        case None:
            return None
        case StartDateConstraint(start_date=start):
            return start
        case _:
            raise ValueError(f"{variant} holds at some hours of the day only: say which price is normal")


def _known(price: ModelPrice) -> Numbers:
    return {key: value for key, value in vars(price).items() if value is not None}


def _periods(model: ModelInfo) -> tuple[list[tuple[date | None, ModelPrice]], str]:
    if isinstance(model.prices, ModelPrice):
        return [(None, model.prices)], ""
    dated: list[tuple[date | None, ModelPrice]] = []
    hourly: list[tuple[int, ModelPrice]] = []
    for conditional in model.prices:
        match conditional.constraint:
            case None:
                dated.append((None, conditional.prices))
            case StartDateConstraint(start_date=start):
                dated.append((start, conditional.prices))
            case TimeOfDateConstraint(start_time=start_time, end_time=end_time):
                hourly.append((_minutes(start_time, end_time), conditional.prices))
    if not hourly:
        return dated, ""
    if sum(minutes for minutes, _ in hourly) >= _HALF_A_DAY_MINUTES:
        if len(dated) > 1 or len(hourly) > 1:
            raise ValueError(f"{model.id} has dated prices and several prices of the day: say which is normal")
        dated = [(None, hourly[0][1])]
    return dated, ", the price of most hours of the day"


def _minutes(start: time, end: time) -> int:
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % (24 * 60)


def _not_text(model_id: str, known: Numbers) -> bool:
    """Whether text tokens alone don't make the price. Fills in what goes without saying."""
    if not known and model_id.endswith(":free"):
        known |= {"input_mtok": Decimal(0), "output_mtok": Decimal(0)}
    if "embed" in model_id:
        known.setdefault("output_mtok", Decimal(0))  # an embedding is no tokens
    if _NOT_BY_TEXT_TOKENS & known.keys() or _NOT_TEXT.search(model_id):
        return True
    return "input_mtok" not in known or "output_mtok" not in known


def _plain(price: Decimal | TieredPrices, above: int) -> str:
    if isinstance(price, TieredPrices):
        price = next((tier.price for tier in reversed(price.tiers) if tier.start <= above), price.base)
    return f"{price.quantize(_MICRO).normalize():f}"


def _equal_names(model: ModelInfo) -> Iterator[str]:
    model_id = model.id.lower()
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    for clause in clauses:
        if isinstance(clause, ClauseEquals):
            name = clause.equals.lower()
            # What "latest" means changes with time, so that only a model's own -latest is certain.
            if name != model_id and (not name.endswith("-latest") or name == f"{model_id}-latest"):
                yield name


if __name__ == "__main__":
    main()
