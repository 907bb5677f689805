"""Gathers the dictionary from where each fact is written: contracts, models, views, metrics, lineage."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqlglot import exp

from dashboards.dictionary.data import (
    LAYERS,
    ColumnEntry,
    Dictionary,
    MetricEntry,
    Place,
    RuleEntry,
    TableEntry,
)
from ingest.contracts.derive import PARTITION_KEY, QUARANTINE_COLUMNS, QUARANTINE_TABLE, Column, columns
from ingest.contracts.envelope import Event
from ingest.contracts.registry import EVENTS
from ingest.contracts.types import PII_CLASSES, PiiClass
from sql.catalog import metrics, models, views
from sql.columns import known_columns
from sql.dialects import SOURCE
from sql.given import GIVEN
from sql.lineage import dependencies, direct_lineage, resolved
from sql.operations import GATE_RESULT_COLUMNS, GATE_RESULTS
from sql.persons import person_kind
from sql.records import Metric, Model

T = TypeVar("T", bound=Any)

QUARANTINE = "What was refused, and why"

_GIVEN_HOLDS = {
    "price.model_price": "For each provider and model as events say them, the dated prices that apply",
    "metric.threshold": "From where a value of a metric is good, and from where poor",
    "funnel.step": "The funnels that the owner declares: a row for each act that a step may be",
    "ledger.booking": "Counts as they were booked at each hand-over",
}


def collect(events: Mapping[str, type[Event]] = EVENTS) -> Dictionary:
    """Every table of a lake."""
    tables = [*_bronze(events), *map(_model, models().values()), *_views(), *_operations(), *_given()]
    order = list(LAYERS)
    return Dictionary(tuple(sorted(tables, key=lambda table: order.index(table.layer))))


def _bronze(events: Mapping[str, type[Event]]) -> Iterator[TableEntry]:
    for name, model in events.items():
        yield _stored(name, f"{model.TITLE}: what arrived, as it arrived", columns(model))
    yield _stored(QUARANTINE_TABLE, QUARANTINE, QUARANTINE_COLUMNS)


def _stored(name: str, description: str, stored: tuple[Column, ...]) -> TableEntry:
    entries = [ColumnEntry(c.name, c.type, c.unit, c.description, c.pii) for c in (*stored, PARTITION_KEY)]
    return TableEntry(f"bronze.{name}", "bronze", description, tuple(entries), partition=PARTITION_KEY.name)


def _model(model: Model) -> TableEntry:
    of_columns = direct_lineage()[model.full_name]
    entries = [
        ColumnEntry(
            name, spec.type, spec.unit, spec.description, person_kind(model, name), _sorted(of_columns.get(name, ()))
        )
        for name, spec in model.columns.items()
    ]
    return TableEntry(
        model.full_name,
        model.layer,
        model.description,
        tuple(entries),
        grain=model.grain,
        partition=model.partition,
        rules=tuple(RuleEntry(r.demand, r.rule, r.severity, r.about) for r in model.rules),
        metrics=tuple(_metric(metric) for metric in metrics().values() if f"gold.{metric.table}" == model.full_name),
        reads=_sorted(dependencies()[model.full_name]),
        query=model.query,
    )


def _metric(metric: Metric) -> MetricEntry:
    rule = metric.percentile
    expression = metric.expression or (
        f"percentile {rule.rank:g} of {rule.of}, weighted by {rule.weight}, where {rule.where}" if rule else ""
    )
    said = (metric.name, metric.title, metric.description, expression, metric.unit, metric.direction)
    return MetricEntry(*said, metric.good, metric.poor)


def _views() -> Iterator[TableEntry]:
    for name, query in views().items():
        comment = [line.removeprefix("--").strip() for line in query.splitlines() if line.startswith("--")]
        types = {select.alias_or_name: select.type for select in resolved()[name].selects}
        of_columns = direct_lineage()[name]
        entries = [_view_column(c, types[c], _sorted(sources)) for c, sources in of_columns.items()]
        reads = _sorted(dependencies()[name])
        yield TableEntry(name, "view", " ".join(comment), tuple(entries), reads=reads, query=query)


def _view_column(name: str, kind: exp.DataType | None, sources: tuple[Place, ...]) -> ColumnEntry:
    """A column as the models have it that it is taken from, or as it is known by its name."""
    type_name = kind.sql(SOURCE).lower() if kind else ""
    taken = [models()[table] for table, column in sources if table in models() and column == name]
    if len(sources) == 1 and taken:
        spec = taken[0].columns[name]
        return ColumnEntry(name, type_name, spec.unit, spec.description, person_kind(taken[0], name), sources)
    known = known_columns().get(name, {})
    return ColumnEntry(
        name, type_name, known.get("unit"), known.get("description", ""), _of_texts(type_name, sources), sources
    )


def _of_texts(type_name: str, sources: tuple[Place, ...]) -> PiiClass:
    """A text that is made of others tells as much of a person as they do."""
    kinds = map(_of_place, sources) if type_name.startswith("varchar") else ()
    return max(kinds, key=PII_CLASSES.index, default="none")


def _of_place(place: Place) -> PiiClass:
    table, column = place
    if table in models():
        return person_kind(models()[table], column)
    return _of_texts("varchar", tuple(direct_lineage()[table][column])) if table in views() else "none"


def _operations() -> Iterator[TableEntry]:
    entries = [ColumnEntry(n, s.type, s.unit, s.description, "none") for n, s in GATE_RESULT_COLUMNS.items()]
    description = "What the quality gate found in every build, those that failed among them: a row a rule of a table"
    yield TableEntry(GATE_RESULTS, "operations", description, tuple(entries), grain=("run", "table_name", "demand"))


def _given() -> Iterator[TableEntry]:
    for name, given in GIVEN.items():
        entries = [ColumnEntry(column, kind, None, "", "none") for column, kind in given.items()]
        yield TableEntry(name, "given", _GIVEN_HOLDS.get(name, ""), tuple(entries))


def _sorted(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(items))
