"""Metrics of several tables become one answer. Where there is no data the value is null, never 0."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from serving.logic.asked import Asked, Page
from serving.logic.compared import changes
from serving.logic.days import day_range
from serving.logic.ordering import in_order, place_of
from serving.logic.paging import cut
from serving.logic.question import CHANGES, DAY, Batch, Question, change_of
from serving.logic.reading import Reading, Row, Tables, check_groups, readings
from sql.periods import Periods, Span
from sql.publication import Publication
from sql.records import Metric


class Published(Protocol):
    """What was last published: :class:`sql.reader.Reader`."""

    def current(self) -> Tables: ...


@dataclass
class Found:
    """Values of metrics over one range as the tables have them, money exact: all together, and by group."""

    total: Row = field(default_factory=dict)
    groups: dict[tuple[Any, ...], Row] = field(default_factory=dict)


def answer(question: Question, asked: Asked, page: Page, tables: Tables, smallest_group: int) -> dict[str, Any]:
    """The whole answer as JSON values; see :func:`serving.schemas.answer_model`.

    Args:
        tables: one publication, so that nothing in the answer is of another.
        smallest_group: a group of fewer people is told as other.

    Raises:
        RequestRefused: a range is not one, the groups are too many, or the page is of another publication.
    """
    oldest, newest = _days_with_data(question, tables)
    days = day_range(asked.first, asked.last, newest or datetime.fromisoformat(tables.publication.as_of).date())
    granularity = asked.granularity or "day"
    before = None if asked.compare is None else days.before(asked.compare)
    spans = [Span(days.first, days.last, Periods(granularity))]
    spans += [Span(before.first, before.last, before.laid_on(days, granularity))] if before else []
    reads = readings(question, asked, spans, tables, smallest_group)
    found, *earlier = [_find(question, asked, span, reads) for span in spans]
    then = earlier[0] if earlier else None
    missing = list(_missing(question, asked))
    in_rows = [name for name in question.metrics if name not in {m["metric"] for m in missing}]
    in_total = [name for name in question.metrics if name in found.total]
    total = _with_changes(found.total, then.total if then else None, in_total)
    rows = in_order(_rows(asked, in_rows, found, then), asked.sort)
    extracts = (path for extract in _extracts(question, tables.publication) for path in extract.paths)
    state = tables.publication.state(batch.model.name for batch in question.batches)
    shown, following = cut(rows, page.rows, page.cursor, asked, extracts)
    return {
        "as_of": state.as_of,
        "complete_through": state.complete_through,
        "from": days.first.isoformat() if question.is_daily else None,
        "to": days.last.isoformat() if question.is_daily else None,
        "compared_with": before and {"from": before.first.isoformat(), "to": before.last.isoformat()},
        "data_from": oldest and oldest.isoformat(),
        "data_to": newest and newest.isoformat(),
        "granularity": asked.granularity,
        "cut_off": [day.isoformat() for day in days.cut_off(granularity)],
        "group_by": list(asked.group_by),
        "filters": {name: list(values) for name, values in asked.filters},
        "metrics": {name: definition(metric) for name, metric in question.definitions.items()},
        "not_available": missing,
        "smallest_group": smallest_group,
        "folded": list(_folded(reads)),
        "row_count": len(rows),
        "rows": list(shown),
        "next": following,
        "total": total,
    }


def definition(metric: Metric) -> Row:
    """What a number means, see :class:`serving.schemas.MetricDefinition`."""
    return metric.model_dump(include={"title", "description", "unit", "direction", "good", "poor"})


def json_value(value: Any) -> Any:
    """A value of a table, as JSON has it."""
    # Money is added up as DECIMAL. The double nearest to the sum keeps 15 digits, more than anyone pays by, and
    # is a number wherever JSON is read; a string would be added up by concatenation in half of the clients.
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _extracts(question: Question, publication: Publication) -> Iterator[Any]:
    for batch in question.batches:
        extract = publication.tables.get(batch.model.name)
        if extract is not None:
            yield extract


def _days_with_data(question: Question, tables: Tables) -> tuple[date | None, date | None]:
    names = dict.fromkeys(batch.model.full_name for batch in question.batches if batch.model.is_daily)
    if not names:
        return None, None
    each = " UNION ALL ".join(f"SELECT MIN({DAY}) AS oldest, MAX({DAY}) AS newest FROM {name}" for name in names)
    (row,) = tables.rows(f"SELECT MIN(oldest) AS oldest, MAX(newest) AS newest FROM ({each}) AS days")
    return row["oldest"], row["newest"]


def _missing(question: Question, asked: Asked) -> Iterator[Row]:
    """Metrics that the rows can't have, each with the reason."""
    for batch in question.batches:
        lacking = list(batch.lacks({*asked.group_by, *asked.restricted}))
        for name in batch.metrics:
            needed = _needed(question.definitions[name], {*asked.group_by, *asked.of_one_value})
            if lacking or needed:
                yield {"metric": name, "lacks": lacking, "needs": needed}


def _needed(metric: Metric, told_apart: set[str]) -> list[str]:
    return [dimension for dimension in metric.one_by_one if dimension not in told_apart]


Readings = Sequence[tuple[Batch, Reading]]


def _find(question: Question, asked: Asked, span: Span, reads: Readings) -> Found:
    found = Found()
    for batch, read in reads:
        definitions = [question.definitions[name] for name in batch.metrics]
        of_all = [metric.name for metric in definitions if not _needed(metric, asked.of_one_value)]
        if of_all:
            found.total |= read.total(of_all, span)
        by_group = [m.name for m in definitions if not _needed(m, {*asked.group_by, *asked.of_one_value})]
        if by_group and asked.group_by and not batch.lacks(set(asked.group_by)):
            _merge(found.groups, asked.group_by, read.groups(by_group, span))
    return found


def _folded(reads: Readings) -> Iterator[Row]:
    """Metrics that are not told of every group by itself, or not of all that is asked for together."""
    for batch, read in reads:
        if read.folded or not read.has_total:
            for name in batch.metrics:
                yield {"metric": name, "groups": read.folded, "has_total": read.has_total}


def _merge(groups: dict[tuple[Any, ...], Row], keys: Sequence[str], rows: list[Row]) -> None:
    for row in rows:
        groups.setdefault(tuple(json_value(row[key]) for key in keys), {}).update(row)
    check_groups(len(groups))


def _rows(asked: Asked, metrics: Sequence[str], found: Found, then: Found | None) -> list[Row]:
    if not asked.group_by:
        row = _with_changes(found.total, then.total if then else None, metrics)
        return [row] if any(value is not None for value in row.values()) else []
    keys = {**(then.groups if then else {}), **found.groups}
    return [
        dict(zip(asked.group_by, key, strict=True))
        | _with_changes(found.groups.get(key, {}), then.groups.get(key, {}) if then else None, metrics)
        for key in sorted(keys, key=lambda key: [place_of(value) for value in key])
    ]


def _with_changes(now: Row, then: Row | None, metrics: Sequence[str]) -> Row:
    row = {name: json_value(now.get(name)) for name in metrics}
    if then is not None:
        for name in metrics:
            told = changes(now.get(name), then.get(name))
            row |= {change_of(name, change): json_value(value) for change, value in zip(CHANGES, told, strict=True)}
    return row
