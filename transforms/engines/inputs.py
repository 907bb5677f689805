"""The small tables that queries read besides the layers. What is in them does not depend on the engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.contracts.envelope import person_fields
from ingest.contracts.registry import EVENTS
from sql.catalog import Model, metrics
from sql.given import GIVEN
from sql.prices.resolve import resolve
from sql.prices.table import load_prices
from transforms.jobs.ledger import Booking, Person

_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - SQL's TIMESTAMP has no zone; ours are UTC

SAID_MODELS = "SELECT DISTINCT coalesce(provider, '') AS provider, model FROM silver.prompt_execution"
"""Providers and models as events say them: what :func:`model_prices` is asked about."""


@dataclass(frozen=True, slots=True)
class Input:
    """A table that fits into memory. ``columns`` are Trino's types by name."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]


def model_prices(said: Iterable[tuple[str, str]]) -> Input:
    """For each provider and model as events say them, the dated prices that apply."""
    prices = load_prices()
    by_key: dict[tuple[str, str], list[int]] = {}
    for index, price in enumerate(prices):
        by_key.setdefault((price.provider, price.model), []).append(index)
    rows: list[tuple[Any, ...]] = []
    for provider, name in said:
        key = resolve(provider or None, name, prices)
        for index in by_key[key] if key else ():
            p = prices[index]
            bounds = (_naive(p.valid_from) or _FIRST, _naive(p.valid_to) or _LAST)
            rows.append((provider, name, p.provider, p.model, *bounds, *p[4:9]))
    return _given("price.model_price", rows)


def thresholds() -> Input:
    """The good and poor bounds that metrics declare."""
    rows = [(m.name, m.good, m.poor) for m in metrics().values() if m.good is not None]
    return _given("metric.threshold", rows)


def bookings(rows: Sequence[Booking]) -> Input:
    """All that was counted."""
    return _given("ledger.booking", rows)


def persons(name: str, named: Iterable[Person]) -> Input:
    """Some persons, by environment and pseudonym."""
    return Input(name, {"environment": "varchar", "pseudonym": "varchar"}, [tuple(person) for person in named])


def naming(model: Model, row: str, persons: str) -> str:
    """Condition: a row of a silver table names one of some persons. Means the same in every dialect.

    Args:
        row: alias of the silver table.
        persons: a table as :func:`persons` gives it.
    """
    return " OR ".join(f"EXISTS ({query})" for query in _persons_named(model, row, persons))


def naming_none(model: Model, row: str, persons: str) -> str:
    """Condition: a row of a silver table names none of some persons; see :func:`naming`."""
    return " AND ".join(f"NOT EXISTS ({query})" for query in _persons_named(model, row, persons))


def _persons_named(model: Model, row: str, persons: str) -> list[str]:
    return [
        f"SELECT 1 FROM {persons} AS p WHERE p.environment = {row}.environment AND p.pseudonym = {row}.{field}"
        for field in person_fields(EVENTS[model.name])
    ]


def _given(name: str, rows: Sequence[Sequence[Any]]) -> Input:
    return Input(name, GIVEN[name], rows)


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
