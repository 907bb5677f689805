"""The prices of one lake: what has none, and what pricing its history anew changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from infra.local.build import build_lake
from infra.local.delivering import consents_of
from infra.local.lake import Lake
from infra.local.profiles import IS_PROFILE
from infra.local.query import open_session
from sql.catalog import models
from sql.dialects import to_duckdb
from sql.prices.book import PriceBook, Said
from sql.prices.daily import SAID, TABLE
from transforms.engines.duck import scan, view
from transforms.engines.duck_gold import register
from transforms.engines.duck_silver import empty_query
from transforms.engines.iceberg import Tables
from transforms.engines.inputs import model_prices, naming_none, persons

_PROFILES = f"SELECT DISTINCT said_model FROM gold.price_daily WHERE contains(said_model, '{IS_PROFILE}') ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Calls of one kind without a price."""

    said: Said
    first_day: date
    last_day: date
    executions: int
    tokens: int
    reason: str | None
    """Why they have none; None where the price files give one by now, and the days wait to be priced anew."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a model cost in a range of days. ``usd`` is None where no call had a price."""

    executions: int = 0
    usd: Decimal | None = None
    unpriced_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One model before and after."""

    provider: str | None
    model: str
    before: Costs
    after: Costs


def unpriced(lake: Lake, book: PriceBook, first: date, last: date) -> list[Unpriced]:
    """What has no price in the built days of a range, most tokens first."""
    db = open_session(lake, drain=False)
    try:
        found = db.execute(
            f"""SELECT coalesce(provider, ''), model, coalesce(region, ''), coalesce(service_tier, ''),
                coalesce(is_batch, FALSE), CAST(min(occurred_at) AS DATE), CAST(max(occurred_at) AS DATE),
                count(*), sum(unpriced_tokens)
            FROM silver.priced_execution WHERE NOT is_priced
                AND occurred_at >= DATE '{first}' AND occurred_at < DATE '{last}' + 1 GROUP BY ALL
            ORDER BY 9 DESC, 8 DESC, 1, 2, 3, 4, 5"""
        ).fetchall()
    finally:
        db.close()
    return [_unpriced(row, book) for row in found]


def _unpriced(row: tuple[Any, ...], book: PriceBook) -> Unpriced:
    *_, first_day, last_day, executions, tokens = row
    said = Said(*row[:5])
    return Unpriced(said, first_day, last_day, executions, int(tokens), book.why_unpriced(said, first_day))


def profiles_said(lake: Lake) -> list[str]:
    """The application inference profiles that built calls name."""
    db = open_session(lake, drain=False)
    try:
        return [arn for (arn,) in db.execute(_PROFILES).fetchall()]
    finally:
        db.close()


def reprice(
    lake: Lake, first: date, last: date, on_step: Callable[[str], None], on_wait: Callable[[], None]
) -> list[Change]:
    """Price the days of a range with what the price files say now, and publish.

    Raises:
        GateFailed, LakeError: readers keep the last good state.
    """
    before = _published_costs(lake, first, last)
    build_lake(lake, on_step, on_wait, reprice=(first, last))
    return _changes(before, _published_costs(lake, first, last))


def preview(lake: Lake, book: PriceBook, first: date, last: date) -> list[Change]:
    """What :func:`reprice` would change; nothing is written."""
    before = _published_costs(lake, first, last)
    db = open_session(lake, drain=False)
    try:
        _leave_out_withdrawn(db, lake)
        said = db.execute(f"SELECT * FROM ({to_duckdb(SAID)}) WHERE {_within(first, last)}").fetchall()
        db.execute(f"DROP VIEW {TABLE}")
        register(db, model_prices(said, (), book))
        return _changes(before, _costs(db, to_duckdb(models()["gold.cost_daily"].query), first, last))
    finally:
        db.close()


def _leave_out_withdrawn(db: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Gold has nobody who has withdrawn, and nobody's costs may seem to change."""
    consents = consents_of(lake)
    try:
        register(db, persons("consent.withdrawn", consents.withdrawn("analytics")))
    finally:
        consents.close()
    calls = models()["silver.prompt_execution"]
    tables = Tables(lake.root)
    try:
        rows = scan(tables.files(calls), empty_query(calls))
    finally:
        tables.close()
    view(db, calls.full_name, f"SELECT * FROM ({rows}) AS s WHERE {naming_none(calls, 's', 'consent.withdrawn')}")


_Models = dict[tuple[str | None, str], Costs]


def _published_costs(lake: Lake, first: date, last: date) -> _Models:
    db = open_session(lake, drain=False)
    try:
        return _costs(db, "SELECT * FROM gold.cost_daily", first, last)
    finally:
        db.close()


def _costs(db: duckdb.DuckDBPyConnection, cost_daily: str, first: date, last: date) -> _Models:
    rows = db.execute(
        f"""SELECT provider, model, CAST(sum(executions) AS BIGINT), sum(cost_usd), CAST(sum(unpriced_tokens) AS BIGINT)
        FROM ({cost_daily}) WHERE {_within(first, last)} GROUP BY ALL"""
    ).fetchall()
    return {(provider, model): Costs(*numbers) for provider, model, *numbers in rows}


def _changes(before: _Models, after: _Models) -> list[Change]:
    """Every model, the largest change first."""
    found = [
        Change(*key, before.get(key, Costs()), after.get(key, Costs()))
        for key in sorted(before | after, key=lambda key: (key[0] or "", key[1]))
    ]
    return sorted(found, key=lambda change: -abs((change.after.usd or Decimal(0)) - (change.before.usd or Decimal(0))))


def _within(first: date, last: date) -> str:
    return f"day BETWEEN DATE '{first}' AND DATE '{last}'"
