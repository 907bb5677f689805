"""Our prices beside LiteLLM's table: what is told, and what is no difference."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sql.prices.book import PriceBook, Said
from sql.prices.compare import Comparison, compare
from sql.prices.file import PriceError
from sql.prices.litellm import fetch_table, read_table
from sql.prices.table import Offer, Price

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TOP = 10**12


def price(offer: Offer, per_mtok: int, first: int = 0, last: int = TOP, until: datetime | None = None) -> Price:
    usd = Decimal(per_mtok) / 1_000_000
    return Price(*offer, first, last, None, until, usd, usd / 10, usd, usd * 2, usd * 5, "me")


ONE = Offer("anthropic", "claude-one", "", "", False)
OTHER = ONE._replace(model="claude-other")
BOOK = PriceBook(
    (
        price(ONE, 3, last=200_000),
        price(ONE, 6, first=200_001),
        price(ONE._replace(is_batch=True), 1),
        price(OTHER, 7, until=NOW),
        price(OTHER._replace(model="claude-old"), 7, until=NOW),
    )
)
SAME = {
    "litellm_provider": "anthropic",
    "mode": "chat",
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05,
    "cache_creation_input_token_cost_above_1hr": 6e-06,
    "input_cost_per_token_above_200k_tokens": 6e-06,
    "output_cost_per_token_above_200k_tokens": 3e-05,
    "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
}


def compared(**entries: dict[str, Any]) -> Comparison:
    table = {"sample_spec": {"mode": "one of: chat, embedding"}, **entries}
    return compare(BOOK, read_table(json.dumps(table).encode(), "table.json"), NOW)


def test_the_same_price_is_no_difference() -> None:
    done = compared(**{"claude-one": SAME})
    assert (done.compared, done.differences, done.unknown) == (1, [], [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input_cost_per_token": 4e-06}, [(0, "input", "0.000003", "0.000004")]),
        (
            {"cache_read_input_token_cost": 1e-07},
            [(0, "cache read", "3E-7", "1E-7"), (200_000, "cache read", "6E-7", "1E-7")],
        ),
        ({"cache_creation_input_token_cost_above_1hr": 9e-06}, [(0, "cache write 1h", "0.000006", "0.000009")]),
        ({"output_cost_per_token_above_200k_tokens": 1.5e-05}, [(200_000, "output", "0.00003", "0.000015")]),
        ({"input_cost_per_token_batches": 1.5e-06}, [(0, "input", "0.000001", "0.0000015")]),
    ],
)
def test_a_difference_is_told_with_its_terms(change: dict[str, float], told: list[tuple[int, str, str, str]]) -> None:
    found = compared(**{"claude-one": SAME | change}).differences
    assert [(d.input_tokens_above, d.kind, d.ours_usd, d.theirs_usd) for d in found] == [
        (above, kind, Decimal(ours), Decimal(theirs)) for above, kind, ours, theirs in told
    ]
    assert {d.said.is_batch for d in found} == {"input_cost_per_token_batches" in change}


def test_what_only_one_of_them_has_is_told_apart() -> None:
    done = compared(**{"claude-one": SAME | {"input_cost_per_token_flex": 1e-06}, "claude-other": SAME})
    assert done.unknown == [
        Said("anthropic", "claude-one", "", "flex"),
        Said("anthropic", "claude-other"),
    ]
    assert compared().only_ours == [("anthropic", "claude-one")]


def test_what_is_no_text_model_is_left_out() -> None:
    assert compared(**{"claude-one": SAME | {"mode": "image_generation"}}).compared == 0


@pytest.mark.parametrize(
    ("document", "what"), [(b"{", "table.json is not JSON"), (b"[]", "is not LiteLLM's table"), (b'{"a": 1}', "is not")]
)
def test_another_document_is_refused(document: bytes, what: str) -> None:
    with pytest.raises(PriceError, match=what):
        list(read_table(document, "table.json"))


def test_an_address_that_is_not_https_is_refused() -> None:
    with pytest.raises(PriceError, match="is no https address"):
        fetch_table("file:///etc/hostname")
