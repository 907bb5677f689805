"""Asks one publication, and keeps every query under a number, as it can be asked again of the lake."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards.boards import Told, columns_in
from dashboards.briefs.periods import InSpans, Span
from dashboards.reports.data import SIMULATED
from dashboards.reports.labels import NOT_SET
from sql.compile import metric_query
from sql.parts import Parts, parts_of
from sql.reader import PublishedTables

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query in Trino's SQL, which DuckDB reads as it stands, and the number that figures name it by."""

    number: int
    says: str
    sql: str


@dataclass
class Asker:
    """Reads real environments, or simulated ones; never both at once."""

    tables: PublishedTables
    is_simulated: bool
    asked: list[Asked] = field(default_factory=list)
    _answers: dict[str, tuple[int, list[Row]]] = field(default_factory=dict, repr=False)
    """By query, its number and what came: metrics of one table ask the same for each other."""

    def values(self, told: Sequence[Told], spans: Sequence[Span], by: str | None = None) -> tuple[list[Row], int]:
        """Metrics of one table by span, and by a dimension: a row has ``day``, the first of its span."""
        names = [one.metric.name for one in told]
        keys = ["day", *(columns_in(by) if by else ())]
        says = f"{', '.join(names)}{f' by {by}' if by else ''}"
        query = metric_query(names, keys, self._where(spans), periods=InSpans(spans=tuple(spans)))
        return self._ask(says, query, by)

    def daily(self, told: Sequence[Told], spans: Sequence[Span]) -> tuple[list[Row], int]:
        """Metrics of one table by day."""
        names = [one.metric.name for one in told]
        return self._ask(f"{', '.join(names)} by day", metric_query(names, ["day"], self._where(spans)))

    def parts(self, told: Sequence[Told], spans: Sequence[Span], by: str | None = None) -> tuple[list[Row], int]:
        """The sums that metrics of one table are made of, by span, and by a dimension.

        A row has ``NAME_sum``, ``NAME_by`` where the metric is one sum by another, and ``NAME_count``.
        """
        picked = [f"{InSpans(spans=tuple(spans)).expression()} AS day", *(columns_in(by) if by else ())]
        keys = len(picked)
        for one in told:
            sums = parts_of(one.metric)
            if sums is not None:
                picked.append(f"{sums.numerator} AS {one.metric.name}_sum")
                picked += [f"{sums.denominator} AS {one.metric.name}_by"] if sums.denominator else []
            picked.append(f"{count_of(one, sums)} AS {one.metric.name}_count")
        numbers = ", ".join(str(n + 1) for n in range(keys))
        table = told[0].table.full_name
        says = f"what {', '.join(one.metric.name for one in told)} follow from{f', by {by}' if by else ''}"
        query = (
            f"SELECT {', '.join(picked)} FROM {table} WHERE {self._where(spans)} GROUP BY {numbers} ORDER BY {numbers}"
        )
        return self._ask(says, query, by)

    def environments(self, table: str, span: Span) -> set[str]:
        rows = self.tables.rows(f"SELECT DISTINCT environment FROM {table} WHERE {self._where([span])}")
        return {row["environment"] for row in rows}

    def newest(self, table: str) -> date | None:
        """The last day that a table has."""
        (row,) = self.tables.rows(f"SELECT MAX(day) AS last FROM {table} WHERE {self._whose()}")
        last: date | None = row["last"]
        return last

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
