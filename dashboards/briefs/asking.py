"""Asks one publication, and keeps every query under a number, as it can be asked again of the lake."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards import folding
from dashboards.boards import Told, columns_in
from dashboards.briefs.periods import InSpans, Span
from dashboards.folding import Folded
from dashboards.reports.data import SIMULATED
from dashboards.reports.labels import NOT_SET
from sql.compile import metric_query
from sql.parts import Parts, parts_of
from sql.reader import PublishedTables
from sql.records import Model
from sql.small_groups import OTHER

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query in Trino's SQL, which DuckDB reads as it stands, and the number that figures name it by."""

    number: int
    says: str
    sql: str


@dataclass
class Asker:
    """Reads real environments, or simulated ones; never both at once. Groups of few people are folded."""

    tables: PublishedTables
    is_simulated: bool
    smallest_group: int
    has_folded: bool = False
    """Whether anything was told as other, or not at all, since too few people are behind it."""
    asked: list[Asked] = field(default_factory=list)
    _answers: dict[str, tuple[int, list[Row]]] = field(default_factory=dict, repr=False)
    """By query, its number and what came: metrics of one table ask the same for each other."""
    _counted: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    """By query, how many people groups have; no figure is read from it."""

    def values(self, told: Sequence[Told], spans: Sequence[Span], by: str | None = None) -> tuple[list[Row], int]:
        """Metrics of one table by span, and by a dimension: a row has ``day``, the first of its span."""
        names = [one.metric.name for one in told]
        columns = columns_in(by) if by else ()
        says = f"{', '.join(names)}{f' by {by}' if by else ''}"
        fold = self._folded(told[0].table, spans, columns)
        where = " AND ".join([self._where(spans), *fold.where])
        periods = InSpans(spans=tuple(spans))
        query = metric_query(names, ["day", *columns], where, periods=periods, keys=fold.keys)
        return self._ask(says, query, by)

    def daily(self, told: Sequence[Told], spans: Sequence[Span]) -> tuple[list[Row], int]:
        """Metrics of one table by day; without days that few people, or few beside the rest of their span, were on."""
        names = [one.metric.name for one in told]
        rows, number = self._ask(f"{', '.join(names)} by day", metric_query(names, ["day"], self._where(spans)))
        few = frozenset[date]().union(*(self._few_days(told[0].table, span) for span in spans))
        return [row for row in rows if row["day"] not in few], number

    def parts(self, told: Sequence[Told], spans: Sequence[Span], by: str | None = None) -> tuple[list[Row], int]:
        """The sums that metrics of one table are made of, by span, and by a dimension.

        A row has ``NAME_sum``, ``NAME_by`` where the metric is one sum by another, and ``NAME_count``.
        """
        columns = columns_in(by) if by else ()
        fold = self._folded(told[0].table, spans, columns)
        picked = [f"{InSpans(spans=tuple(spans)).expression()} AS day"]
        picked += [f"{fold.keys[column]} AS {column}" if column in fold.keys else column for column in columns]
        keys = len(picked)
        for one in told:
            sums = parts_of(one.metric)
            if sums is not None:
                picked.append(f"{sums.numerator} AS {one.metric.name}_sum")
                picked += [f"{sums.denominator} AS {one.metric.name}_by"] if sums.denominator else []
            picked.append(f"{count_of(one, sums)} AS {one.metric.name}_count")
        numbers = ", ".join(str(n + 1) for n in range(keys))
        table = told[0].table.full_name
        where = " AND ".join([self._where(spans), *fold.where])
        says = f"what {', '.join(one.metric.name for one in told)} follow from{f', by {by}' if by else ''}"
        query = f"SELECT {', '.join(picked)} FROM {table} WHERE {where} GROUP BY {numbers} ORDER BY {numbers}"
        return self._ask(says, query, by)

    def few(self, table: Model, spans: Sequence[Span]) -> frozenset[date]:
        """Spans whose people are too few to be told of, by the first day."""
        if table.people is None:
            return frozenset()
        found = folding.few(self._people(table, spans, InSpans(spans=tuple(spans)).expression()), self.smallest_group)
        self.has_folded |= bool(found)
        return found

    def environments(self, table: str, span: Span) -> set[str]:
        rows = self.tables.rows(f"SELECT DISTINCT environment FROM {table} WHERE {self._where([span])}")
        return {row["environment"] for row in rows}

    def newest(self, table: str) -> date | None:
        """The last day that a table has."""
        (row,) = self.tables.rows(f"SELECT MAX(day) AS last FROM {table} WHERE {self._whose()}")
        last: date | None = row["last"]
        return last

    def _folded(self, table: Model, spans: Sequence[Span], columns: Sequence[str]) -> Folded:
        if table.people is None or not columns:
            return Folded()
        rows = self._people(table, spans, InSpans(spans=tuple(spans)).expression(), columns)
        found = folding.folded(folding.counted(rows, columns, table.people), columns, self.smallest_group)
        self.has_folded |= bool(found.keys)
        return found

    def _few_days(self, table: Model, span: Span) -> frozenset[date]:
        if table.people is None:
            return frozenset()
        found = folding.few_days(self._people(table, [span], "day"), table.people, self.smallest_group)
        self.has_folded |= bool(found)
        return found

    def _people(self, table: Model, spans: Sequence[Span], day: str, columns: Sequence[str] = ()) -> list[Row]:
        """How many people each group has at least."""
        assert table.people is not None  # noqa: S101 - the callers have looked
        keys = [f"{day} AS day", *columns]
        picked = ", ".join([*keys, *folding.columns_of(table.people)])
        numbers = ", ".join(str(n + 1) for n in range(len(keys) + len(table.people.each_of)))
        query = f"SELECT {picked} FROM {table.full_name} WHERE {self._where(spans)} GROUP BY {numbers}"
        if query not in self._counted:
            self._counted[query] = [row for row in self.tables.rows(query) if row["day"] is not None]
        return self._counted[query]

    def _ask(self, says: str, query: str, by: str | None = None) -> tuple[list[Row], int]:
        if query not in self._answers:
            rows = [row for row in self.tables.rows(query) if row["day"] is not None]
            self.asked.append(Asked(len(self.asked) + 1, says, query))
            self._answers[query] = len(self.asked), [{**row, by: _name(row, by)} if by else row for row in rows]
        number, rows = self._answers[query]
        return rows, number

    def _whose(self) -> str:
        return f"environment {'' if self.is_simulated else 'NOT '}LIKE '{SIMULATED}%'"

    def _where(self, spans: Sequence[Span]) -> str:
        first, last = min(span.first for span in spans), max(span.last for span in spans)
        return f"{self._whose()} AND day BETWEEN DATE '{first}' AND DATE '{last}'"


def _name(row: Row, by: str) -> str:
    """The value of a dimension; of several columns, all of them."""
    values = [row[column] for column in columns_in(by)]
    if set(values) == {OTHER}:
        return OTHER
    return " ".join(value or NOT_SET for value in values) if any(values) else NOT_SET


UNCOUNTABLE = frozenset({"US dollars", "tokens", "seconds", "milliseconds"})
"""Units of which one says nothing about how often a thing was measured."""


def count_of(told: Told, sums: Parts | None) -> str:
    """SQL for how many things a metric was counted or measured on."""
    columns = told.table.columns
    rule = told.metric.percentile
    if rule is not None:
        return f"SUM(CASE WHEN {rule.where} THEN {rule.weight} END)"
    own = {columns[name].unit for name in sums.columns()} if sums is not None else set()
    if sums is not None and not own & UNCOUNTABLE:
        if sums.denominator is not None:
            return sums.denominator
        # Calls that have something are told of all calls; whatever else is counted, of itself.
        if "executions" not in own or "executions" not in columns:
            return sums.numerator
    # What costs and tokens were measured on is calls; of a table that does not count them, its rows.
    return "SUM(executions)" if "executions" in columns else "COUNT(*)"
