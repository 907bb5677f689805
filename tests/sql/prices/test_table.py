"""The loader: what it refuses and says, and which price holds when."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.prices.table import COLUMNS, OVERRIDES, Price, PriceError, load_prices
from tests.prices import price_at

HEADER = ",".join(COLUMNS)
PRICES = load_prices()


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        (["acme,m,,-1,,,,2,me"], ":2: ", "input_usd_per_mtok '-1' is negative"),
        (["acme,m,,1,,,,two,me"], ":2: ", "output_usd_per_mtok 'two' is not a number"),
        (["acme,m,,1,NaN,,,2,me"], ":2: ", "cache_read_usd_per_mtok 'NaN' is not a number"),
        (["acme,m,,1e-3,,,,2,me"], ":2: ", "input_usd_per_mtok '1e-3' is not a number"),
        (["acme,m,,0.0000001,,,,2,me"], ":2: ", "input_usd_per_mtok '0.0000001' has more than 6 decimals"),
        (["acme,m,,,,,,2,me"], ":2: ", "input_usd_per_mtok '' is not a number"),
        (["acme,m,2025-01-01T00:00:00,1,,,,2,me"], ":2: ", "valid_from '2025-01-01T00:00:00' has no zone"),
        (["acme,m,yesterday,1,,,,2,me"], ":2: ", "valid_from 'yesterday' is not an ISO date-time"),
        (["acme,m,,1,,,,2,"], ":2: ", "source is empty"),
        (["acme,,,1,,,,2,me"], ":2: ", "model is empty"),
        (["acme,m,,1,,,,2"], ":2: ", "8 cells where 9 belong"),
        (
            ["acme,m,,1,,,,2,me", "acme,n,,1,,,,2,me", "acme,m,,3,,,,4,me"],
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
        ("provider,model", "the columns must be provider,model,"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: str, what: str) -> None:
    path = write(tmp_path, header=header)
    with pytest.raises(PriceError) as refused:
        load_prices(path)
    assert str(refused.value).startswith(f"{path}:1: {what}")


def test_an_empty_cache_price_is_the_input_price(tmp_path: Path) -> None:
    path = write(tmp_path, "acme,a,,3,,,,15,me", "acme,b,,3,0.3,3.75,,15,me", "acme,c,,3,0,3.75,6,15,me")
    a, b, c = (price for price in load_prices(path) if price.provider == "acme")
    three = Decimal("0.000003")
    assert a[4:9] == (three, three, three, three, Decimal("0.000015"))
    assert b.cache_read_usd_per_token == Decimal("0.0000003")
    assert b.cache_write_1h_usd_per_token == b.cache_write_5m_usd_per_token == Decimal("0.00000375")
    assert c.cache_read_usd_per_token == 0
    assert c.cache_write_1h_usd_per_token == Decimal("0.000006")


def test_a_file_of_the_owner_wins_for_the_same_date_only(tmp_path: Path) -> None:
    path = write(tmp_path, "deepseek,deepseek-chat,2025-02-08T16:00:00Z,0.2,,,,1,contract")
    prices = load_prices(path)
    assert len(prices) == len(PRICES)
    theirs = price_at(prices, "deepseek", "deepseek-chat", datetime(2025, 3, 1, tzinfo=UTC))
    assert theirs is not None
    assert (theirs.source, theirs.output_usd_per_token) == ("contract", Decimal("0.000001"))


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
    for before, after in pairwise(prices):
        if before[:2] == after[:2]:
            assert after.valid_from is not None
            assert before.valid_to == after.valid_from
            assert before.valid_from is None or before.valid_from < after.valid_from
        else:
            assert before[:2] < after[:2]
            assert before.valid_to is None
    assert prices[-1].valid_to is None


def test_each_committed_price_ends_where_the_next_begins() -> None:
    assert_a_history(PRICES)


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 the zone is added
    lambda instant: instant.replace(microsecond=0, tzinfo=UTC)
)


@given(
    history=st.dictionaries(
        st.tuples(st.sampled_from("ab"), st.one_of(st.none(), INSTANTS)), st.integers(0, 10**9), min_size=1
    ),
    at=INSTANTS,
)
def test_every_instant_has_at_most_one_price(
    tmp_path_factory: pytest.TempPathFactory, history: dict[tuple[str, datetime | None], int], at: datetime
) -> None:
    lines = [
        f"~,{model},{start.isoformat().replace('+00:00', 'Z') if start else ''},{number},,,,{number},me"
        for (model, start), number in history.items()
    ]
    prices = load_prices(write(tmp_path_factory.mktemp("prices"), *lines))
    ours = [price for price in prices if price.provider == "~"]
    assert len(ours) == len(history)
    assert_a_history(ours)
    for model in "ab":
        for instant in (at, *(start + timedelta(0) for m, start in history if start and m == model)):
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
        for usd in price[4:9]:
            assert isinstance(usd, Decimal)
            assert usd == usd.quantize(Decimal("1e-12"))


def test_overrides_are_sorted_and_needed() -> None:
    """A correction that says what the seed says by now can go."""
    lines = OVERRIDES.read_text(encoding="utf-8").splitlines()[1:]
    keys = [tuple(line.split(",")[:3]) for line in lines]
    assert keys == sorted(keys)
    seeded = (OVERRIDES.parent / "prices.csv").read_text(encoding="utf-8").splitlines()
    figures = {tuple(line.split(",")[:8]) for line in seeded}
    assert not [line for line in lines if tuple(line.split(",")[:8]) in figures]


def test_loading_needs_only_the_standard_library() -> None:
    script = "import sys; from sql.prices.table import load_prices; load_prices(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"yaml", "pydantic", "genai_prices", "duckdb", "pyarrow"} & set(loaded.stdout.split())
