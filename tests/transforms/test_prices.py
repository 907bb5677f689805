"""What calls cost: to the last digit, by their terms, and for good once a day is over."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.lake import Lake, LakeError
from ingest.contracts.types import TOKENS_MAX
from sql.catalog import views
from sql.prices.daily import COLUMNS
from sql.prices.file import COLUMNS as FILE_COLUMNS
from tests.lakes import build_lake, event, make_lake, row, rows, send
from transforms.engines.duck import trino_view
from transforms.jobs import build as build_job
from transforms.quality.gate import Gate

BUCKETS = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
COST = "SELECT sum(cost_usd), sum(unpriced_tokens), sum(unpriced_executions) FROM gold.cost_daily"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "lake")


def own_prices(lake: Lake, *prices: dict[str, Any]) -> None:
    """Write the owner's file: house-model at openai for 1 dollar a million tokens, with what the test cares about."""
    usual = {"provider": "openai", "model": "house-model", "valid_from": "2026-01-01", "source": "contract"}
    usual |= {"input_usd_per_mtok": "1", "output_usd_per_mtok": "1"}
    lines = [",".join(str((usual | price).get(name, "")) for name in FILE_COLUMNS) for price in prices]
    (lake.root / "prices.csv").write_text("\n".join([",".join(FILE_COLUMNS), *lines]) + "\n")


def call(**fields: Any) -> dict[str, Any]:
    return event(**{"provider": "openai", "model": "house-model", "uncached_input_tokens": 1_000_000} | fields)


def costs(lake: Lake) -> list[Decimal | None]:
    """Dollars of each call, in the order in which they were made."""
    return [usd for (usd,) in rows(lake, "SELECT cost_usd FROM silver.priced_execution ORDER BY occurred_at")]


def minute(number: int) -> str:
    return f"2026-03-02T10:{number:02}:00Z"


def test_an_owner_s_price_is_used(lake: Lake) -> None:
    own_prices(lake, {"valid_from": "2026-03-02T10:01:00Z"})
    send(lake, [call(occurred_at=minute(n)) for n in range(3)])
    build_lake(lake)
    assert costs(lake) == [None, 1, 1]
    assert row(lake, COST) == (2, 1_000_000, 1)


def test_terms_have_their_own_price_and_never_another_s(lake: Lake) -> None:
    own_prices(
        lake,
        {},
        {"service_tier": "flex", "input_usd_per_mtok": 2},
        {"is_batch": "true", "input_usd_per_mtok": 3},
        {"region": "eu-central-1", "input_usd_per_mtok": 4},
    )
    terms = ({}, {"service_tier": "flex"}, {"is_batch": True}, {"region": "eu-central-1"}, {"service_tier": "priority"})
    send(lake, [call(occurred_at=minute(n), **said) for n, said in enumerate(terms)])
    build_lake(lake)
    assert costs(lake) == [1, 2, 3, 4, None]


def test_more_input_than_the_bound_is_dear_as_a_whole(lake: Lake) -> None:
    own_prices(lake, {}, {"input_tokens_above": 200, "input_usd_per_mtok": 10, "output_usd_per_mtok": 20})
    read = ({"uncached_input_tokens": 200}, {"uncached_input_tokens": 201}, {"uncached_input_tokens": 1})
    cached = ({}, {}, {"cache_read_tokens": 100, "cache_write_5m_tokens": 90, "cache_write_1h_tokens": 10})
    send(
        lake,
        [
            call(occurred_at=minute(n), output_tokens=9, **a, **b)
            for n, (a, b) in enumerate(zip(read, cached, strict=True))
        ],
    )
    build_lake(lake)
    assert [usd * 1_000_000 for usd in costs(lake) if usd is not None] == [209, 201 * 10 + 180, 201 * 10 + 180]


def test_what_the_application_s_own_cache_answered_costs_nothing(lake: Lake) -> None:
    send(lake, [call(model=model, is_local_cache_hit=True) for model in ("gpt-4o", "nobody-knows")])
    build_lake(lake)
    assert row(lake, COST) == (0, 0, 0)


def test_days_that_are_over_keep_their_prices_until_they_are_asked_to_change(lake: Lake) -> None:
    days = ("2026-03-02T10:00:00Z", "2026-04-01T10:00:00Z")
    own_prices(lake, {})
    send(lake, [call(occurred_at=at) for at in days])
    build_lake(lake)
    own_prices(lake, {"input_usd_per_mtok": 5})
    assert build_lake(lake).gold == ()
    send(lake, [call(occurred_at="2026-03-02T11:00:00Z"), call(occurred_at="2026-05-01T10:00:00Z")])
    build_lake(lake)
    by_day = "SELECT CAST(cost_usd AS INTEGER) FROM gold.cost_daily ORDER BY day"
    assert rows(lake, by_day) == [(2,), (1,), (5,)]  # a late call of a day that is over; that day alone; a new day
    assert build_lake(lake, reprice=MARCH).gold
    assert rows(lake, by_day) == [(10,), (1,), (5,)]


def test_the_day_at_hand_takes_a_new_price_at_once(lake: Lake) -> None:
    now = datetime.now(UTC)
    own_prices(lake, {})
    send(lake, [call(occurred_at=now.isoformat())])
    build_lake(lake)
    own_prices(lake, {"input_usd_per_mtok": 5})
    send(lake, [call(occurred_at=now.isoformat())])
    build_lake(lake)
    if datetime.now(UTC).date() == now.date():  # else that day is over by now
        assert row(lake, COST) == (10, 0, 0)


def test_what_was_unpriced_stays_so_until_history_is_priced_anew(lake: Lake) -> None:
    send(lake, [call()])
    build_lake(lake)
    own_prices(lake, {})
    send(lake, [call()])
    build_lake(lake)
    assert row(lake, COST) == (None, 2_000_000, 2)
    build_lake(lake, reprice=MARCH)
    assert row(lake, COST) == (2, 0, 0)


def test_pricing_anew_again_changes_nothing(lake: Lake) -> None:
    own_prices(lake, {})
    send(lake, [call(), call(provider=None, model="nobody-knows")])
    build_lake(lake)
    own_prices(lake, {"input_usd_per_mtok": 5})
    build_lake(lake, reprice=MARCH)
    before = rows(lake, "SELECT * FROM gold.cost_daily ORDER BY ALL"), rows(lake, "FROM gold.price_daily ORDER BY ALL")
    build_lake(lake, reprice=MARCH)
    after = rows(lake, "SELECT * FROM gold.cost_daily ORDER BY ALL"), rows(lake, "FROM gold.price_daily ORDER BY ALL")
    assert after == before


def test_a_build_that_is_cut_off_leaves_the_pricing_to_the_next_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_prices(lake, {})
    send(lake, [call()])
    build_lake(lake)
    own_prices(lake, {"input_usd_per_mtok": 5})
    with monkeypatch.context() as patch:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr(Gate, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            build_lake(lake, reprice=MARCH)
    assert row(lake, COST) == (1, 0, 0)
    build_lake(lake)
    assert row(lake, COST) == (5, 0, 0)


def test_a_model_s_definition_that_changes_leaves_published_costs(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    own_prices(lake, {})
    send(lake, [call()])
    build_lake(lake)
    own_prices(lake, {"input_usd_per_mtok": 5})
    monkeypatch.setattr(build_job, "definitions", lambda _: "others")
    assert "gold.cost_daily" in build_lake(lake).gold
    assert row(lake, COST) == (1, 0, 0)


def test_a_price_without_a_date_is_refused_before_anything_is_written(lake: Lake) -> None:
    send(lake, [call()])
    own_prices(lake, {}, {"model": "other", "valid_from": ""})
    before = files(lake)
    with pytest.raises(LakeError, match=r"prices\.csv:3: valid_from is empty; say since when"):
        build_lake(lake)
    assert files(lake) == before


def files(lake: Lake) -> list[Path]:
    """Whatever lies there but SQLite's scratch files."""
    return sorted(path for path in lake.root.rglob("*") if not path.name.startswith("state.db"))


PER_MTOK = st.decimals(0, 1000, places=6)
TOKENS = st.one_of(st.none(), st.integers(0, 10), st.integers(0, TOKENS_MAX))


@given(calls=st.lists(st.tuples(*[TOKENS] * 5), min_size=1, max_size=20), usd=st.tuples(*[PER_MTOK] * 5))
def test_a_cost_is_the_sum_of_tokens_at_their_price(
    calls: Iterable[tuple[int | None, ...]], usd: tuple[Decimal, ...]
) -> None:
    """Exactly, never below nothing, each token once; without a price every token is unpriced."""
    per_token = [price.scaleb(-6) for price in usd]
    db = priced(calls, per_token)
    for tokens, cost, is_priced, unpriced in db:
        counted = [count or 0 for count in tokens]
        if is_priced:
            assert cost == sum((n * p for n, p in zip(counted, per_token, strict=True)), Decimal(0)) >= 0
            assert unpriced == 0
        else:
            assert (cost, unpriced) == (None, sum(counted))


def priced(
    calls: Iterable[tuple[int | None, ...]], per_token: list[Decimal]
) -> list[tuple[tuple[int | None, ...], Decimal | None, bool, int]]:
    """Each call's tokens, and what the one cost expression makes of them: of a priced model, and of another."""
    import duckdb

    db = duckdb.connect(":memory:")
    db.execute("CREATE SCHEMA silver; CREATE SCHEMA price")
    said = "provider VARCHAR, model VARCHAR, region VARCHAR, service_tier VARCHAR, is_batch BOOLEAN"
    counts = ", ".join(f"{name} BIGINT" for name in BUCKETS)
    db.execute(
        f"CREATE TABLE silver.prompt_execution ({counts}, occurred_at TIMESTAMP, {said}, is_local_cache_hit BOOLEAN)"
    )
    at = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - SQL's TIMESTAMP has no zone
    for tokens in calls:
        for model in ("known", "unknown"):
            values = [*tokens, at, None, model, None, None, None, None]
            db.execute(f"INSERT INTO silver.prompt_execution VALUES ({', '.join('?' * len(values))})", values)
    db.execute(f"CREATE TABLE price.model_price ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    day = [at.replace(hour=0), at.replace(day=3, hour=0), 0, 10**12]
    price = [at.date(), "", "known", "", "", False, "p", "m", "", *day, *per_token, "me"]
    db.execute(f"INSERT INTO price.model_price VALUES ({', '.join('?' * len(price))})", price)
    trino_view(db, "silver.priced_execution", views()["silver.priced_execution"])
    found = db.execute(
        f"SELECT {', '.join(BUCKETS)}, cost_usd, is_priced, unpriced_tokens FROM silver.priced_execution"
    )
    return [
        (tokens, *rest)
        for *tokens, cost, is_priced, unpriced in found.fetchall()
        for rest in [(cost, is_priced, unpriced)]
    ]  # type: ignore[misc]
