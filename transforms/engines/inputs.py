"""The small tables that queries read besides the layers. What is in them does not depend on the engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.contracts.envelope import person_fields
from ingest.contracts.registry import EVENTS
from sql.catalog import metrics
from sql.funnels.model import TABLE as FUNNEL_TABLE
from sql.funnels.model import Funnel
from sql.funnels.model import rows as funnel_rows
from sql.given import GIVEN
from sql.prices.book import PriceBook
from sql.prices.daily import TABLE, Row, daily_prices
from sql.records import Model
from transforms.jobs.ledger import Booking, Person


@dataclass(frozen=True, slots=True)
class Input:
    """A table that fits into memory. ``columns`` are Trino's types by name."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]


def model_prices(said: Iterable[Row], kept: Iterable[Row], book: PriceBook) -> Input:
    """What costs are computed from; see :func:`sql.prices.daily.daily_prices`."""
    return _given(TABLE, daily_prices(said, kept, book))


def thresholds() -> Input:
    """The good and poor bounds that metrics declare."""
    rows = [(m.name, m.good, m.poor) for m in metrics().values() if m.good is not None]
    return _given("metric.threshold", rows)


def funnel_steps(funnels: Iterable[Funnel]) -> Input:
    """The funnels that are declared, a row for each act that a step may be."""
    return _given(FUNNEL_TABLE, funnel_rows(funnels))


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
