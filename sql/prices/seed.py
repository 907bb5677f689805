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
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from sql.prices.table import COLUMNS, FOLDER, SEED

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


def price_rows() -> list[tuple[str, ...]]:
    """The rows of `prices.csv`: base tier prices of text models, in the order of `COLUMNS`."""
    rows: list[tuple[str, ...]] = []
    for provider in providers:
        for model in provider.models:
            rows.extend((provider.id, model.id.lower(), *dated) for dated in _dated_prices(model))
    return sorted(rows)


def name_rows() -> list[tuple[str, str, str]]:
    """The rows of `names.csv`: other names that genai-prices says are exactly a priced model."""
    priced = {row[:2] for row in price_rows()}
    meant: dict[tuple[str, str], set[str]] = {}
    for provider in providers:
        for model in provider.models:
            for name in _equal_names(model):
                meant.setdefault((provider.id, name), set()).add(model.id.lower())
    return sorted(
        (provider_id, name, model_id)
        for (provider_id, name), models in meant.items()
        if (provider_id, name) not in priced and len(models) == 1
        for model_id in models
        if (provider_id, model_id) in priced
    )


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


def _dated_prices(model: ModelInfo) -> Iterator[tuple[str, ...]]:
    """`valid_from`, the five prices and the source of each change of price, oldest first."""
    periods, note = _periods(model)
    before: tuple[str, ...] | None = None
    numbers = [_numbers(model.id.lower(), price) for _, price in periods]
    if None in numbers:
        return
    for (start, _), now in zip(periods, numbers, strict=True):
        if now is not None and now != before:
            valid_from = f"{start.isoformat()}T00:00:00Z" if start else ""
            yield (valid_from, *now, f"genai-prices {version('genai-prices')}{note}")
        before = now


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


def _numbers(model_id: str, prices: ModelPrice) -> tuple[str, ...] | None:
    """The five prices as text, or None where text tokens alone don't make the price."""
    known: dict[str, Decimal | TieredPrices] = {k: v for k, v in vars(prices).items() if v is not None}
    if not known and model_id.endswith(":free"):
        return "0", "", "", "", "0"
    if "embed" in model_id:
        known.setdefault("output_mtok", Decimal(0))  # an embedding is no tokens
    if _NOT_BY_TEXT_TOKENS & known.keys() or _NOT_TEXT.search(model_id):
        return None
    if "input_mtok" not in known or "output_mtok" not in known:
        return None
    return tuple(_plain(known[key]) if key in known else "" for key in _PRICE_KEYS)


def _plain(price: Decimal | TieredPrices) -> str:
    base = price.base if isinstance(price, TieredPrices) else price
    return f"{base.quantize(_MICRO).normalize():f}"


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
