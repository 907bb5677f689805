"""The loader: what it refuses and says, and which price holds when."""

import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.prices.file import REQUIRED, PriceError, read_prices
from sql.prices.table import INPUT_TOKENS_MAX, OVERRIDES, SEED, Price, load_prices
from tests.prices import price_at

PRICED = ("cache_read_usd_per_mtok", "cache_write_5m_usd_per_mtok", "cache_write_1h_usd_per_mtok")
HEADER = ",".join((*REQUIRED[:4], *PRICED, *REQUIRED[4:]))
PRICES = load_prices()
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        (["acme,m,2020-01-01,-1,,,,2,me"], ":2: ", "input_usd_per_mtok '-1' is negative"),
        (["acme,m,2020-01-01,1,,,,two,me"], ":2: ", "output_usd_per_mtok 'two' is not a number"),
        (["acme,m,2020-01-01,1,NaN,,,2,me"], ":2: ", "cache_read_usd_per_mtok 'NaN' is not a number"),
        (["acme,m,2020-01-01,1e-3,,,,2,me"], ":2: ", "input_usd_per_mtok '1e-3' is not a number"),
        (["acme,m,2020-01-01,0.0000001,,,,2,me"], ":2: ", "input_usd_per_mtok '0.0000001' has more than 6 decimals"),
        (["acme,m,2020-01-01,,,,,2,me"], ":2: ", "input_usd_per_mtok '' is not a number"),
        (["acme,m,2025-01-01T00:00:00,1,,,,2,me"], ":2: ", "valid_from '2025-01-01T00:00:00' has no zone"),
        (["acme,m,,1,,,,2,me"], ":2: ", "valid_from is empty; say since when the price holds"),
        (["acme,m,2020-01-01,100001,,,,2,me"], ":2: ", "input_usd_per_mtok '100001' is more than 100,000 US dollars"),
        (["acme,m,yesterday,1,,,,2,me"], ":2: ", "valid_from 'yesterday' is not an ISO date"),
        (["acme,m,2020-01-01,1,,,,2,"], ":2: ", "source is empty"),
        (["acme,,2020-01-01,1,,,,2,me"], ":2: ", "model is empty"),
        (["acme,m,2020-01-01,1,,,,2"], ":2: ", "8 cells where 9 belong"),
        (
            ["acme,m,2020-01-01,1,,,,2,me", "acme,n,2020-01-01,1,,,,2,me", "acme,m,2020-01-01,3,,,,4,me"],
            ":4: ",
            "line 2 already has the price",
        ),
        (
            ["acme,m,2025-01-01T00:00:00Z,1,,,,2,me", "acme,m,2025-01-01T00:00Z,3,,,,4,me"],
            ":3: ",
            "line 2 already has the price of acme m from that date",
        ),
    ],
)
def test_nonsense_is_refused_with_file_and_line(tmp_path: Path, lines: list[str], where: str, what: str) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(PriceError) as refused:
        load_prices(path)
    assert str(refused.value).startswith(f"{path}{where}{what}")


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (HEADER + ",colour", "unknown column 'colour'"),
        ("provider,model", "the column 'valid_from' is missing"),
        (HEADER + ",model", "the column 'model' is there twice"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, what: str) -> None:
    path = write(tmp_path, header=header)
    with pytest.raises(PriceError) as refused:
        load_prices(path)
    assert str(refused.value).startswith(f"{path}:1: {what}")


def test_an_empty_cache_price_is_the_input_price(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "acme,a,2020-01-01,3,,,,15,me",
        "acme,b,2020-01-01,3,0.3,3.75,,15,me",
        "acme,c,2020-01-01,3,0,3.75,6,15,me",
    )
    a, b, c = (price for price in load_prices(path) if price.provider == "acme")
    three = Decimal("0.000003")
    assert a.usd_per_token == (three, three, three, three, Decimal("0.000015"))
    assert b.cache_read_usd_per_token == Decimal("0.0000003")
    assert b.cache_write_1h_usd_per_token == b.cache_write_5m_usd_per_token == Decimal("0.00000375")
    assert c.cache_read_usd_per_token == 0
    assert c.cache_write_1h_usd_per_token == Decimal("0.000006")


@pytest.mark.parametrize(
    ("terms", "value", "what"),
    [
        ("is_batch", "perhaps", "is_batch 'perhaps' is neither true nor false"),
        ("input_tokens_above", "200k", "input_tokens_above '200k' is not a whole number"),
        ("input_tokens_above", "-1", "input_tokens_above '-1' is not a whole number"),
    ],
)
def test_terms_that_are_none_are_refused(tmp_path: Path, terms: str, value: str, what: str) -> None:
    path = write(tmp_path, f"acme,m,2020-01-01,1,,,,2,me,{value}", header=f"{HEADER},{terms}")
    with pytest.raises(PriceError, match=re.escape(f"{path}:2: {what}")):
        load_prices(path)


def test_a_file_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PriceError, match=f"{path}: this is not CSV in UTF-8"):
        load_prices(path)


def test_a_file_of_the_owner_alone_says_the_price_from_its_first_date_on(tmp_path: Path) -> None:
    prices = load_prices(write(tmp_path, "deepseek,deepseek-chat,2025-05-01,0.2,,,,1,contract"))
    before, after = (
        price_at(prices, "deepseek", "deepseek-chat", datetime(year, 3, 1, tzinfo=UTC)) for year in (2025, 2026)
    )
    assert before is not None
    assert before.source != "contract"
    assert before.valid_to == datetime(2025, 5, 1, tzinfo=UTC)
    assert after is not None
    assert (after.source, after.output_usd_per_token) == ("contract", Decimal("0.000001"))
    assert [p for p in prices if p.provider != "deepseek"] == [p for p in PRICES if p.provider != "deepseek"]


def test_each_context_tier_has_its_own_history(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "acme,m,2025-01-01,1,,,,2,me,",
        "acme,m,2025-02-01,3,,,,4,me,200000",
        "acme,m,2025-03-01,5,,,,6,me,",
        header=f"{HEADER},input_tokens_above",
    )
    told = [
        (p.valid_from and p.valid_from.month, p.valid_to and p.valid_to.month, *p[5:7], p.input_usd_per_token * 10**6)
        for p in load_prices(path)
        if p.provider == "acme"
    ]
    assert told == [
        (1, 2, 0, INPUT_TOKENS_MAX, 1),
        (2, 3, 0, 200_000, 1),
        (2, None, 200_001, INPUT_TOKENS_MAX, 3),
        (3, None, 0, 200_000, 5),
    ]


def test_the_standard_tier_needs_no_name(tmp_path: Path) -> None:
    path = write(tmp_path, "acme,m,2025-01-01,1,,,,2,me,On_Demand", header=f"{HEADER},service_tier")
    assert [p.service_tier for p in load_prices(path) if p.provider == "acme"] == [""]


@pytest.mark.parametrize(
    ("provider", "model", "day", "usd_in", "usd_out"),
    [
        ("anthropic", "claude-3-5-haiku-latest", "2024-12-02T23:59:59Z", "1", "5"),
        ("anthropic", "claude-3-5-haiku-latest", "2024-12-03T00:00:00Z", "0.8", "4"),
        ("deepseek", "deepseek-chat", "2025-02-08T15:59:59Z", "0.14", "0.28"),
        ("deepseek", "deepseek-chat", "2025-02-08T16:00:00Z", "0.27", "1.1"),
        ("deepseek", "deepseek-chat", "2026-01-01T00:00:00Z", "0.28", "0.42"),
        ("google", "gemini-1.5-pro", "2024-09-30T12:00:00Z", "3.5", "10.5"),
        ("google", "gemini-1.5-pro", "2024-10-01T00:00:00Z", "1.25", "5"),
        ("openai", "gpt-4o", "2024-08-13T00:00:00Z", "5", "15"),
        ("openai", "gpt-4o", "2025-03-01T00:00:00Z", "2.5", "10"),
        ("openai", "o3", "2025-06-09T23:00:00Z", "10", "40"),
        ("openai", "o3", "2025-06-10T00:00:00Z", "2", "8"),
    ],
)
def test_the_price_of_the_day(provider: str, model: str, day: str, usd_in: str, usd_out: str) -> None:
    price = price_at(PRICES, provider, model, datetime.fromisoformat(day))
    assert price is not None
    assert price.input_usd_per_token * 1_000_000 == Decimal(usd_in)
    assert price.output_usd_per_token * 1_000_000 == Decimal(usd_out)


def test_there_is_no_price_before_the_first_and_none_of_an_unknown_model(tmp_path: Path) -> None:
    prices = load_prices(write(tmp_path, "acme,m,2025-01-01T00:00:00Z,1,,,,2,me"))
    assert price_at(prices, "acme", "m", datetime(2024, 12, 31, tzinfo=UTC)) is None
    assert price_at(prices, "acme", "m", datetime(2025, 1, 1, tzinfo=UTC)) is not None
    assert price_at(prices, "acme", "n", datetime(2025, 1, 1, tzinfo=UTC)) is None


def assert_a_history(prices: Sequence[Price]) -> None:
    """No two prices of an offer hold for one call."""
    assert list(prices) == sorted(prices, key=lambda p: (p.offer, p.valid_from or LONG_AGO, p.input_tokens_from))
    for _, offer in groupby(prices, key=lambda price: price.offer):
        for one, other in combinations(offer, 2):
            apart = one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from
            assert (
                apart
                or one.input_tokens_through < other.input_tokens_from
                or (other.input_tokens_through < one.input_tokens_from)
            )


def test_each_committed_price_ends_where_the_next_begins() -> None:
    assert_a_history(PRICES)


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 the zone is added
    lambda instant: instant.replace(microsecond=0, tzinfo=UTC)
)


@given(
    history=st.dictionaries(st.tuples(st.sampled_from("ab"), INSTANTS), st.integers(0, 10**4), min_size=1),
    at=INSTANTS,
)
def test_every_instant_has_at_most_one_price(
    tmp_path_factory: pytest.TempPathFactory, history: dict[tuple[str, datetime | None], int], at: datetime
) -> None:
    lines = [
        f"~,{model},{start.isoformat().replace('+00:00', 'Z')},{number},,,,{number},me"
        for (model, start), number in history.items()
    ]
    prices = load_prices(write(tmp_path_factory.mktemp("prices"), *lines))
    ours = [price for price in prices if price.provider == "~"]
    assert len(ours) == len(history)
    assert_a_history(ours)
    for model in "ab":
        for instant in (at, *(start + timedelta(0) for m, start in history if m == model)):
            holding = [
                price
                for price in ours
                if price.model == model
                and (price.valid_from is None or price.valid_from <= instant)
                and (price.valid_to is None or instant < price.valid_to)
            ]
            assert len(holding) <= 1
            assert price_at(prices, "~", model, instant) == (holding[0] if holding else None)


def test_a_price_per_token_needs_no_more_than_12_decimals() -> None:
    for price in PRICES:
        for usd in price.usd_per_token:
            assert isinstance(usd, Decimal)
            assert usd == usd.quantize(Decimal("1e-12"))


def test_overrides_are_sorted_and_needed() -> None:
    """A correction that says what the seed says by now can go."""
    corrections = list(read_prices(OVERRIDES))
    keys = [(*price[:6], price.valid_from or LONG_AGO) for price in corrections]
    assert keys == sorted(keys)
    seeded = {price[:8] for price in read_prices(SEED)}
    assert not [price for price in corrections if price[:8] in seeded]


def test_loading_needs_only_the_standard_library() -> None:
    script = "import sys; from sql.prices.table import load_prices; load_prices(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"yaml", "pydantic", "genai_prices", "duckdb", "pyarrow"} & set(loaded.stdout.split())
