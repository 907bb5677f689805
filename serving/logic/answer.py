"""Metrics of several tables become one answer. Where there is no data the value is null, never 0."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from serving.logic.asked import Asked, Page
from serving.logic.compared import changes
from serving.logic.days import DayRange, day_range
from serving.logic.ordering import in_order
from serving.logic.paging import cut
from serving.logic.question import CHANGES, DAY, DIMENSIONS, Question, change_of
from serving.logic.refused import bad_request
from sql.periods import BY_DAY, Periods
from sql.publication import Publication
from sql.records import Metric

MAX_GROUPS = 20_000
"""More is no answer to a question, and more than a Lambda can hold and sort while somebody waits."""

Row = dict[str, Any]


class Tables(Protocol):
    """One publication, whole: :class:`sql.reader.PublishedTables`."""

    @property
    def publication(self) -> Publication: ...
    def rows(self, trino_sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...
    def metrics(
        self,
        names: Sequence[str],
        group_by: Sequence[str] = (),
        where: str | None = None,
        parameters: Sequence[Any] = (),
        periods: Periods = BY_DAY,
        at_most: int | None = None,
    ) -> list[Row]: ...


class Published(Protocol):
    """What was last published: :class:`sql.reader.Reader`."""

    def current(self) -> Tables: ...


@dataclass
class Found:
    """Values of metrics over one range as the tables have them, money exact: all together, and by group."""

    total: Row = field(default_factory=dict)
    groups: dict[tuple[Any, ...], Row] = field(default_factory=dict)


def answer(question: Question, asked: Asked, page: Page, tables: Tables) -> dict[str, Any]:
    """The whole answer as JSON values; see :func:`serving.schemas.answer_model`.

    Args:
        tables: one publication, so that nothing in the answer is of another.

    Raises:
        RequestRefused: a range is not one, the groups are too many, or the page is of another publication.
    """
    oldest, newest = _days_with_data(question, tables)
    days = day_range(asked.first, asked.last, newest or datetime.fromisoformat(tables.publication.as_of).date())
    granularity = asked.granularity or "day"
    found = _find(question, asked, days, Periods(granularity), tables)
    before = None if asked.compare is None else days.before(asked.compare)
    then = None if before is None else _find(question, asked, before, before.laid_on(days, granularity), tables)
    missing = list(_missing(question, asked))
    in_rows = [name for name in question.metrics if name not in {m["metric"] for m in missing}]
    in_total = [name for name in question.metrics if name in found.total]
    total = _with_changes(found.total, then.total if then else None, in_total)
    rows = in_order(_rows(asked, in_rows, found, then), asked.sort)
    extracts = (path for extract in _extracts(question, tables.publication) for path in extract.paths)
    shown, following = cut(rows, page.rows, page.cursor, asked, extracts)
    return {
        "as_of": tables.publication.as_of,
        "complete_through": tables.publication.complete_through,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "compared_with": before and {"from": before.first.isoformat(), "to": before.last.isoformat()},
        "data_from": oldest and oldest.isoformat(),
        "data_to": newest and newest.isoformat(),
        "granularity": asked.granularity,
        "cut_off": [day.isoformat() for day in days.cut_off(granularity)],
        "group_by": list(asked.group_by),
        "filters": {name: list(values) for name, values in asked.filters},
        "metrics": {name: definition(metric) for name, metric in question.definitions.items()},
        "not_available": missing,
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
    names = dict.fromkeys(batch.model.full_name for batch in question.batches)
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


def _find(question: Question, asked: Asked, days: DayRange, periods: Periods, tables: Tables) -> Found:
    found = Found()
    where, parameters = asked.where(days)
    # In one order, whatever the asker's: the same question compiles to the same SQL, which is cached.
    group_by = [dimension for dimension in DIMENSIONS if dimension in asked.group_by]
    for batch in question.batches:
        if batch.lacks(asked.restricted):
            continue  # unrestricted it would be the answer to another question
        definitions = [question.definitions[name] for name in batch.metrics]
        of_all = [metric.name for metric in definitions if not _needed(metric, asked.of_one_value)]
        if of_all:
            (row,) = tables.metrics(of_all, (), where, parameters)
            found.total |= row
        by_group = [m.name for m in definitions if not _needed(m, {*asked.group_by, *asked.of_one_value})]
        if by_group and group_by and not batch.lacks(set(group_by)):
            rows = tables.metrics(by_group, group_by, where, parameters, periods, MAX_GROUPS + 1)
            _merge(found.groups, asked.group_by, rows)
    return found


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
        for key in sorted(keys, key=lambda key: [(value is None, value or "") for value in key])
    ]


def _with_changes(now: Row, then: Row | None, metrics: Sequence[str]) -> Row:
    row = {name: json_value(now.get(name)) for name in metrics}
    if then is not None:
        for name in metrics:
            told = changes(now.get(name), then.get(name))
            row |= {change_of(name, change): json_value(value) for change, value in zip(CHANGES, told, strict=True)}
    return row


def check_groups(count: int) -> None:
    """Raises ``RequestRefused`` for more rows than an answer may be made of."""
    if count > MAX_GROUPS:
        raise bad_request(
            "too_many_rows",
            f"That makes more than {MAX_GROUPS} rows; group by less, or restrict the days or dimensions.",
        )
