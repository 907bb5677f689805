"""Which priced model an event means, and when nothing is the right answer."""

from collections.abc import Sequence

import pytest

from sql.prices.resolve import Found, Resolver
from sql.prices.table import Price, load_prices

PRICES = load_prices()
RESOLVER = Resolver(PRICES)
HAIKU_ON_BEDROCK = ("aws", "anthropic.claude-3-5-haiku-20241022-v1:0")


def resolve(provider: str | None, model: str, prices: Sequence[Price] = PRICES) -> tuple[str, str] | None:
    resolver = RESOLVER if prices is PRICES else Resolver(prices)
    found = resolver.find(provider, model)
    return found[:2] if found else None


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        ("anthropic/claude-3-7-sonnet-20250219", ("anthropic", "claude-3-7-sonnet-latest")),
        ("claude-3-5-sonnet-20241022", ("anthropic", "claude-3-5-sonnet")),
        ("claude-3-5-haiku-latest", ("anthropic", "claude-3-5-haiku-latest")),
        ("gpt-4o", ("openai", "gpt-4o")),
        ("GPT-4o ", ("openai", "gpt-4o")),
        ("gpt-4o-2024-08-06", ("openai", "gpt-4o-2024-08-06")),
        ("gpt-4o-2024-05-13", ("openai", "gpt-4o-2024-05-13")),
        ("gpt-4-0613", ("openai", "gpt-4")),
        ("o3-mini", ("openai", "o3-mini")),
        ("openai/gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("gemini/gemini-1.5-flash-002", ("google", "gemini-1.5-flash")),
        ("gemini/gemini-1.5-flash-latest", ("google", "gemini-1.5-flash")),
        ("gemini/gemini-1.5-flash-8b", ("google", "gemini-1.5-flash-8b")),
        ("gemini/gemini-2.5-pro-exp-03-25", ("google", "gemini-2.5-pro-exp-03-25")),
        ("vertex_ai/claude-3-5-sonnet-v2@20241022", ("google", "claude-3-5-sonnet")),
        ("vertex_ai/publishers/google/models/gemini-2.0-flash-001", ("google", "gemini-2.0-flash")),
        ("fireworks_ai/accounts/fireworks/models/deepseek-v3", ("fireworks", "deepseek-v3")),
        ("bedrock/us.anthropic.claude-3-5-haiku-20241022-v1:0", HAIKU_ON_BEDROCK),
        ("bedrock/converse/anthropic.claude-3-5-haiku-20241022-v1:0", HAIKU_ON_BEDROCK),
        ("bedrock/amazon.nova-pro-v1:0", ("aws", "amazon.nova-pro-v1:0")),
        ("azure/o3-mini-2025-01-31", ("azure", "o3-mini")),
        ("azure/gpt-4o", ("openai", "gpt-4o")),
        ("deepseek/deepseek-coder", ("deepseek", "deepseek-chat")),
        ("mistral/codestral-latest", ("mistral", "codestral")),
        ("openrouter/anthropic/claude-3.7-sonnet", ("openrouter", "anthropic/claude-3.7-sonnet")),
        ("openrouter/anthropic/claude-3-5-haiku-20241022", ("openrouter", "anthropic/claude-3.5-haiku")),
        ("openrouter/deepseek/deepseek-coder", ("deepseek", "deepseek-chat")),
        ("openrouter/deepseek/deepseek-r1:free", ("openrouter", "deepseek/deepseek-r1:free")),
    ],
)
def test_a_name_without_a_provider(model: str, meant: tuple[str, str]) -> None:
    assert resolve(None, model, PRICES) == meant
    assert resolve("litellm", model, PRICES) == meant


@pytest.mark.parametrize(
    ("provider", "model", "meant"),
    [
        ("openai", "gpt-4o-mini-2024-07-18", ("openai", "gpt-4o-mini")),
        ("anthropic", "claude-3-5-haiku-20241022", ("anthropic", "claude-3-5-haiku-latest")),
        ("anthropic", "anthropic/claude-3-5-haiku-20241022", ("anthropic", "claude-3-5-haiku-latest")),
        ("aws.bedrock", "us.anthropic.claude-3-5-haiku-20241022-v1:0", HAIKU_ON_BEDROCK),
        ("gcp.gemini", "gemini-2.0-flash-001", ("google", "gemini-2.0-flash")),
        ("gcp.vertex_ai", "gemini-1.5-pro-002", ("google", "gemini-1.5-pro")),
        ("vertex_ai", "claude-3-7-sonnet@20250219", ("google", "claude-3-7-sonnet")),
        ("azure.ai.openai", "o1", ("azure", "o1")),
        ("az.ai.openai", "gpt-4o", ("openai", "gpt-4o")),
        ("deepseek", "deepseek-reasoner", ("deepseek", "deepseek-reasoner")),
        ("mistral_ai", "mistral-large-2411", ("mistral", "mistral-large")),
        ("openrouter", "openai/gpt-4o", ("openrouter", "openai/gpt-4o")),
    ],
)
def test_a_name_beside_a_provider(provider: str, model: str, meant: tuple[str, str]) -> None:
    assert resolve(provider, model, PRICES) == meant


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        (None, ""),
        (None, "None"),
        (None, "REDACTED"),
        (None, "openrouter/REDACTED"),
        (None, "deepseek/REDACTED"),
        (None, "ollama/llama3"),
        (None, "my-own-model"),
        (None, "gpt-4o-2031-01-01"),  # snapshots of this family had different prices
        (None, "gpt-4o-mystery"),
        (None, "gemini/gemini-1.5-pro-exp-9999"),
        (None, "openrouter/deepseek/deepseek-coder:nitro"),
        (None, "bedrock/us-gov.anthropic.claude-3-5-haiku-20241022-v1:0"),
        ("a-gateway-nobody-knows", "gpt-4o"),
        ("openai", "deepseek-chat"),
        ("openai", "openrouter/openai/gpt-4o"),
        ("anthropic", "gpt-4o"),
    ],
)
def test_what_is_not_certain_has_no_price(provider: str | None, model: str) -> None:
    assert resolve(provider, model, PRICES) is None


def test_every_priced_model_means_itself() -> None:
    for price in PRICES:
        assert resolve(price.provider, price.model) == (price.provider, price.model)
        assert resolve(None, f"{price.provider}/{price.model}") == (price.provider, price.model)


@pytest.mark.parametrize(
    ("model", "region"),
    [
        ("eu.anthropic.claude-haiku-5-5", "eu"),
        ("global.anthropic.claude-haiku-5-5", "global"),
        ("converse/apac.anthropic.claude-haiku-5-5", "apac"),
        ("eu-central-1/anthropic.claude-haiku-5-5", "eu-central-1"),
        ("anthropic.claude-haiku-5-5", ""),
    ],
)
def test_the_region_in_front_of_a_bedrock_name_is_told_apart(model: str, region: str) -> None:
    found = RESOLVER.find("aws.bedrock", model)
    assert found is not None
    assert (found.model, found.region) == ("anthropic.claude-haiku-5-5", region)


def only(*models: str) -> list[Price]:
    """Prices of the maker anthropic; those whose name ends with `!` are dearer."""
    one = next(price for price in PRICES if price.offer == ("anthropic", "claude-3-opus-latest", "", "", False))
    return [
        one._replace(model=model.rstrip("!"), output_usd_per_token=one.output_usd_per_token * (1 + model.count("!")))
        for model in models
    ]


def test_a_snapshot_has_the_price_of_its_family_only_if_the_family_has_one_price() -> None:
    wanted = "claude-x-20300101"
    assert resolve(None, wanted, only("claude-x")) == ("anthropic", "claude-x")
    assert resolve(None, wanted, only("claude-x-20200101")) == ("anthropic", "claude-x-20200101")
    assert resolve(None, wanted, only("claude-x-20200101", "claude-x-20210101")) is not None
    assert resolve(None, wanted, only("claude-x-20200101", "claude-x-20210101!")) is None
    assert resolve(None, "claude-x-20210101", only("claude-x", "claude-x-20210101!")) == (
        "anthropic",
        "claude-x-20210101",
    )


def test_a_gateway_bills_its_own_price_before_the_makers() -> None:
    makers = only("claude-x")
    own = [makers[0]._replace(provider="openrouter", model="anthropic/claude-x")]
    assert resolve(None, "openrouter/anthropic/claude-x", makers + own) == (
        "openrouter",
        "anthropic/claude-x",
    )
    unknown_there = [own[0]._replace(model="anthropic/claude-y")]
    assert resolve(None, "openrouter/anthropic/claude-x", makers + unknown_there) == ("anthropic", "claude-x")


def test_what_snapshots_cost_differently_on_some_terms_is_certain_on_the_others() -> None:
    standard = only("claude-x-20200101", "claude-x-20210101")
    batch = [price._replace(is_batch=True) for price in only("claude-x-20200101", "claude-x-20210101!")]
    found = Resolver(standard + batch).find(None, "claude-x-20300101")
    assert isinstance(found, Found)
    assert list(found.offers) == [("", "", False)]


def test_a_price_for_calls_without_a_provider_is_found_by_the_model_alone() -> None:
    nameless = [price._replace(provider="") for price in only("house-model")]
    assert resolve(None, "House-Model", nameless) == ("", "house-model")
    assert resolve("openai", "house-model", nameless) is None
