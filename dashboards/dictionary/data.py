"""What the dictionary tells of each table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ingest.contracts.types import PiiClass

Place = tuple[str, str]
"""A table by its full name, and a column."""


class Layer(NamedTuple):
    title: str
    holds: str


LAYERS = {
    "bronze": Layer("Bronze", "What arrived, append-only, by the hour of arrival"),
    "silver": Layer("Silver", "Typed, one row an event, by the day on which it happened"),
    "view": Layer("Views", "Queries that tables share; not stored"),
    "gold": Layer("Gold", "What people ask for"),
    "operations": Layer("Operations", "What the lake keeps about itself"),
    "given": Layer("Handed in", "What jobs hand to the models beside the events"),
}
"""Layers in reading order."""


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    name: str
    type: str
    unit: str | None
    description: str
    person: PiiClass
    comes_from: tuple[Place, ...] = ()
    """The columns that its query reads for it."""


@dataclass(frozen=True, slots=True)
class MetricEntry:
    name: str
    title: str
    description: str
    expression: str
    unit: str
    direction: str
    """Which way is better: up, down, or neutral."""
    good: float | None
    poor: float | None


@dataclass(frozen=True, slots=True)
class RuleEntry:
    demand: str
    rule: str
    severity: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table or view."""

    name: str
    """In full, such as ``gold.cost_daily``."""
    layer: str
    description: str
    columns: tuple[ColumnEntry, ...]
    grain: tuple[str, ...] = ()
    """Columns that tell a row from all others; of a table of which more can be received twice, none."""
    partition: str | None = None
    rules: tuple[RuleEntry, ...] = ()
    metrics: tuple[MetricEntry, ...] = ()
    reads: tuple[str, ...] = ()
    """Tables and views that its query reads itself."""
    query: str | None = None
    """In Trino's dialect."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    tables: tuple[TableEntry, ...]
    """In the order of their layers."""

    @property
    def by_name(self) -> Mapping[str, TableEntry]:
        return {table.name: table for table in self.tables}

    def readers(self, name: str) -> tuple[str, ...]:
        """Tables and views that read the named one."""
        return tuple(table.name for table in self.tables if name in table.reads)

    def of_layer(self, layer: str) -> tuple[TableEntry, ...]:
        return tuple(table for table in self.tables if table.layer == layer)
