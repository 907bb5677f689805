"""The committed files are what the seed writes. A stale file means: run `python -m sql.prices.seed`."""

import csv
from datetime import date, time
from decimal import Decimal

from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from sql.prices import seed
from sql.prices.file import COLUMNS
from sql.prices.table import SEED


def test_prices_are_what_the_seed_writes() -> None:
    assert SEED.read_text(encoding="utf-8") == seed.render(COLUMNS, seed.price_rows())


def test_names_are_what_the_seed_writes() -> None:
    committed = seed.NAMES.read_text(encoding="utf-8")
    assert committed == seed.render(("provider", "name", "model"), seed.name_rows())


def test_no_name_means_two_models() -> None:
    with seed.NAMES.open(newline="", encoding="utf-8") as file:
        keys = [(row["provider"], row["name"]) for row in csv.DictReader(file)]
    assert len(keys) == len(set(keys))


def test_only_models_marked_free_are_free() -> None:
    free = {row[1] for row in seed.price_rows() if row[7] == row[11] == "0"}
    assert free
    assert all(model.endswith(":free") for model in free)


def dated(*prices: ConditionalPrice, model: str = "m") -> list[tuple[str, ...]]:
    info = ModelInfo(id=model, match=ClauseEquals(equals=model), prices=list(prices))
    return [row[3:9] for row in seed._dated_prices(info) if row[2] == ""]


def usd(tokens_in: str, tokens_out: str) -> ModelPrice:
    return ModelPrice(input_mtok=Decimal(tokens_in), output_mtok=Decimal(tokens_out))


def test_a_date_on_which_the_base_price_stays_is_no_row() -> None:
    tiered = ModelPrice(
        input_mtok=TieredPrices(base=Decimal(3), tiers=[Tier(start=200_000, price=Decimal(6))]),
        output_mtok=Decimal(15),
    )
    rows = dated(
        ConditionalPrice(prices=tiered),
        ConditionalPrice(StartDateConstraint(date(2026, 3, 13)), prices=usd("3", "15")),
        ConditionalPrice(StartDateConstraint(date(2026, 5, 1)), prices=usd("2.50", "10")),
    )
    assert rows == [("", "3", "", "", "", "15"), ("2026-05-01T00:00:00Z", "2.5", "", "", "", "10")]


def test_the_price_of_most_hours_is_the_price_of_the_day() -> None:
    night = ConditionalPrice(prices=usd("1", "2"))
    long_day = ConditionalPrice(TimeOfDateConstraint(time(0, 30), time(16, 30)), prices=usd("3", "4"))
    short_peak = ConditionalPrice(TimeOfDateConstraint(time(22), time(2)), prices=usd("3", "4"))
    assert dated(night, long_day) == [("", "3", "", "", "", "4")]
    assert dated(night, short_peak) == [("", "1", "", "", "", "2")]


def test_what_text_tokens_do_not_price_is_left_out() -> None:
    spoken = ModelPrice(input_mtok=Decimal(1), output_mtok=Decimal(2), output_audio_mtok=Decimal(9))
    assert dated(ConditionalPrice(prices=spoken)) == []
    assert dated(ConditionalPrice(prices=usd("1", "2")), model="m-tts") == []
    assert dated(ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(1)))) == []
    assert dated(ConditionalPrice(prices=ModelPrice())) == []


def rows_of(model: ModelInfo) -> list[tuple[str, ...]]:
    """Tier, batch, context, date, input and output prices."""
    return [(*row[:5], row[8]) for row in seed._dated_prices(model)]


def test_long_input_has_a_row_of_its_own_and_one_that_ends_it() -> None:
    tiered = ModelPrice(
        input_mtok=TieredPrices(base=Decimal(3), tiers=[Tier(start=200_000, price=Decimal(6))]), output_mtok=Decimal(15)
    )
    prices = [
        ConditionalPrice(prices=tiered),
        ConditionalPrice(StartDateConstraint(date(2026, 3, 13)), prices=usd("3", "15")),
    ]
    assert rows_of(ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices)) == [
        ("", "", "", "", "3", "15"),
        ("", "", "200000", "", "6", "15"),
        ("", "", "200000", "2026-03-13T00:00:00Z", "3", "15"),
    ]


def test_tiers_and_batches_are_rows_from_the_day_they_are_known_on() -> None:
    since = StartDateConstraint(date(2026, 10, 12))
    variants = [
        PriceVariant({"service_tier": "default"}, ModelPrice()),
        PriceVariant({"service_tier": "priority"}, ModelPrice(input_mtok=Decimal(9)), since),
        PriceVariant({"processing": "batch"}, usd("1.5", "7.5")),
        PriceVariant({"route": "eu"}, usd("8", "8")),
    ]
    prices = [
        ConditionalPrice(prices=usd("3", "15")),
        ConditionalPrice(StartDateConstraint(date(2026, 11, 1)), prices=usd("2", "10")),
    ]
    model = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices, price_variants=variants)
    assert rows_of(model) == [
        ("", "", "", "", "3", "15"),
        ("", "", "", "2026-11-01T00:00:00Z", "2", "10"),
        ("priority", "", "", "2026-10-12T00:00:00Z", "9", "15"),
        ("priority", "", "", "2026-11-01T00:00:00Z", "9", "10"),
        ("", "true", "", "", "1.5", "7.5"),
    ]


def test_bedrock_s_regions_are_a_column_and_not_a_part_of_the_name() -> None:
    rows = {row[1:3] for row in seed.price_rows() if row[0] == "aws" and row[1] == "anthropic.claude-haiku-5-5"}
    assert rows == {("anthropic.claude-haiku-5-5", ""), ("anthropic.claude-haiku-5-5", "global")}
