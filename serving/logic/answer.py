"""Metrics of several tables become one answer. Where there is no data the value is null, never 0."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from serving.logic.asked import Asked, DayRange
from serving.logic.question import DAY, DIMENSIONS, Batch, Question
from serving.logic.refused import bad_request
from sql.catalog import Metric
from sql.publication import Publication

MAX_ROWS = 10_000
"""More is no answer to a question, and over what a Lambda may return."""

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
    ) -> list[Row]: ...


class Published(Protocol):
    """What was last published: :class:`sql.reader.Reader`."""

    def current(self) -> Tables: ...


def answer(question: Question, asked: Asked, tables: Tables) -> dict[str, Any]:
    """The whole answer as JSON values; see :func:`serving.schemas.answer_model`.

    Args:
        tables: one publication, so that nothing in the answer is of another.

    Raises:
        RequestRefused: the range is not one, or the groups are too many.
    """
    days = asked.days(_newest_day(question, tables))
    total: Row = {}
    groups: dict[tuple[Any, ...], Row] = {}
    missing: list[Row] = []
    for batch in question.batches:
        lacking = batch.lacks({*asked.group_by, *asked.restricted})
        if lacking:
            missing += [{"metric": name, "lacks": list(lacking)} for name in batch.metrics]
        if batch.lacks(asked.restricted):
            continue  # unrestricted it would be the answer to another question
        total |= _total(batch, asked, days, tables)
        if asked.group_by and not lacking:
            _merge(groups, asked.group_by, _groups(batch, asked, days, tables))
    publication = tables.publication
    return {
        "as_of": publication.as_of,
        "complete_through": publication.complete_through,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "group_by": list(asked.group_by),
        "filters": {name: list(values) for name, values in asked.filters},
        "metrics": {name: _definition(metric) for name, metric in question.definitions.items()},
        "not_available": missing,
        "rows": _rows(question, asked, groups, total, {m["metric"] for m in missing}),
        "total": {name: total[name] for name in question.metrics if name in total},
    }


def _newest_day(question: Question, tables: Tables) -> date:
    names = dict.fromkeys(batch.model.full_name for batch in question.batches)
    each = " UNION ALL ".join(f"SELECT MAX({DAY}) AS newest FROM {name}" for name in names)
    newest = tables.rows(f"SELECT MAX(newest) AS newest FROM ({each}) AS days")[0]["newest"]
    return newest or datetime.fromisoformat(tables.publication.as_of).date()


def _total(batch: Batch, asked: Asked, days: DayRange, tables: Tables) -> Row:
    where, parameters = asked.where(days)
    (row,) = tables.metrics(batch.metrics, (), where, parameters)
    return {name: _json_value(row[name]) for name in batch.metrics}


def _groups(batch: Batch, asked: Asked, days: DayRange, tables: Tables) -> list[Row]:
    where, parameters = asked.where(days)
    # In one order, whatever the asker's: the same question compiles to the same SQL, which is cached.
    group_by = [dimension for dimension in DIMENSIONS if dimension in asked.group_by]
    return tables.metrics(batch.metrics, group_by, where, parameters)


def _merge(groups: dict[tuple[Any, ...], Row], keys: Sequence[str], rows: list[Row]) -> None:
    for row in rows:
        values = {name: _json_value(value) for name, value in row.items()}
        groups.setdefault(tuple(values[key] for key in keys), {}).update(values)
    if len(groups) > MAX_ROWS:
        raise bad_request(
            "too_many_rows",
            f"That makes more than {MAX_ROWS} rows; group by less, or restrict the days or dimensions.",
        )


def _rows(
    question: Question, asked: Asked, groups: dict[tuple[Any, ...], Row], total: Row, missing: set[str]
) -> list[Row]:
    if not asked.group_by:
        known = {name: value for name, value in total.items() if name not in missing}
        return [known] if any(value is not None for value in known.values()) else []
    columns = (*asked.group_by, *(name for name in question.metrics if name not in missing))
    in_order = sorted(groups.items(), key=lambda group: [(value is None, value or "") for value in group[0]])
    return [{column: row.get(column) for column in columns} for _, row in in_order]


def _definition(metric: Metric) -> Row:
    return metric.model_dump(include={"title", "description", "unit", "direction", "good", "poor"})


def _json_value(value: Any) -> Any:
    # Money is added up as DECIMAL. The double nearest to the sum keeps 15 digits, more than anyone pays by, and
    # is a number wherever JSON is read; a string would be added up by concatenation in half of the clients.
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
