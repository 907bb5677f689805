"""What a part of the report reads: some environments, some days, and buckets of time that keep a chart readable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashboards import folding
from dashboards.reports.data import SIMULATED, Bucket
from sql.catalog import metrics, models
from sql.compile import metric_query
from sql.reader import PublishedTables

SLOTS_MAX = 62
"""Bars of a chart of the page's width that can still be told apart."""

_WEEKS_UP_TO_DAYS = 400
_MONTHS_UP_TO_DAYS = SLOTS_MAX * 30
_START_OF = {"day": "day"} | {b: f"CAST(date_trunc('{b}', day) AS DATE)" for b in ("week", "month", "year")}

Row = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Reads the gold tables of one publication within an environment group and a period, both ends included."""

    tables: PublishedTables
    is_simulated: bool
    first: date
    last: date
    smallest_group: int
    """What fewer people did is not told, nor what the difference of two things told would say of them."""

    @property
    def bucket(self) -> Bucket:
        days = (self.last - self.first).days + 1
        if days <= SLOTS_MAX:
            return "day"
        return "week" if days <= _WEEKS_UP_TO_DAYS else "month" if days <= _MONTHS_UP_TO_DAYS else "year"

    def starts(self) -> tuple[date, ...]:
        """The buckets of the time axis: all of them, so that distances are true; the newest where they are too many."""
        found, at = [], _start(self.first, self.bucket)
        while at <= self.last:
            found.append(at)
            at = _next(at, self.bucket)
        return tuple(found[-SLOTS_MAX:])

    def before(self) -> "Scope":
        """The period of equal length before this one."""
        length = self.last - self.first + timedelta(days=1)
        return replace(self, first=self.first - length, last=self.last - length)

    def metrics(self, names: Sequence[str], group_by: Sequence[str] = ()) -> list[Row]:
        """Values of metrics of one table over the whole period, a row a group; none where too few people did it."""
        if self._is_of_few(metrics()[names[0]].table):
            return []
        return [_floats(row) for row in self.tables.metrics(names, group_by, _CONDITION, self._values())]

    def metrics_over_time(self, name: str) -> dict[date, float | None]:
        """Values of one metric by start of bucket, but those of too few people."""
        table = metrics()[name].table
        columns = ", ".join(column for column in models()[f"gold.{table}"].columns if column != "environment")
        # A metric is grouped by columns of its table only, and some need the true day: so the bucket takes the
        # place of the environment, which the condition has used up.
        sliced = (
            f"(SELECT {columns}, {_START_OF[self.bucket]} AS environment FROM gold.{table} "
            f"WHERE {_CONDITION}) AS sliced"
        )
        rows = self.tables.rows(metric_query([name], ["environment"], relation=sliced), self._values())
        few = self._few_buckets(table)
        return {row["environment"]: _float(row[name]) for row in rows if row["environment"] not in few}

    def sums(
        self, table: str, columns: Sequence[str], group_by: Sequence[str] = (), *, over_time: bool = False
    ) -> list[Row]:
        """Sums of columns that add up, a row a group; ``over_time`` adds the column ``start``."""
        keys = [*([f"{_START_OF[self.bucket]} AS start"] if over_time else []), *group_by]
        picked = ", ".join([*keys, *(f"SUM({column}) AS {column}" for column in columns)])
        numbers = ", ".join(str(i + 1) for i in range(len(keys)))
        grouped = f" GROUP BY {numbers} ORDER BY {numbers}" if keys else ""
        found = self.tables.rows(f"SELECT {picked} FROM gold.{table} WHERE {_CONDITION}{grouped}", self._values())
        return [_floats(row) for row in found]

    def environments(self) -> tuple[str, ...]:
        """The environments that have data in the period."""
        return tuple(row["environment"] for row in self.tables.rows(*_environments(self._values())))

    def people(self, table: str, keys: Sequence[str] = ()) -> list[Row]:
        """How many people each group of a table that says so is of, at least: ``people_at_least``."""
        rule = models()[f"gold.{table}"].people
        if rule is None:
            return []
        picked = [*keys, *folding.columns_of(rule)]
        numbers = ", ".join(str(i + 1) for i in range(len(picked) - 1))
        grouped = f" GROUP BY {numbers}" if numbers else ""
        query = f"SELECT {', '.join(picked)} FROM gold.{table} WHERE {_CONDITION}{grouped}"
        return self.tables.rows(query, self._values())

    def _is_of_few(self, table: str) -> bool:
        rows = self.people(table)
        return bool(rows) and max(row[folding.AT_LEAST] for row in rows) < self.smallest_group

    def _few_buckets(self, table: str) -> frozenset[date]:
        rule = models()[f"gold.{table}"].people
        if rule is None:
            return frozenset()
        rows = self.people(table, [f"{_START_OF[self.bucket]} AS day"])
        return folding.few_days(rows, rule, self.smallest_group)

    def _values(self) -> list[Any]:
        return [self.is_simulated, self.first, self.last]


_CONDITION = f"(environment LIKE '{SIMULATED}%') = ? AND day BETWEEN ? AND ?"


def _daily() -> list[str]:
    """The published tables that know day and environment."""
    gold = [m for m in models().values() if m.layer == "gold" and m.published]
    return [m.full_name for m in gold if {"day", "environment"} <= set(m.grain)]


def span(tables: PublishedTables, *, is_simulated: bool) -> tuple[date, date] | None:
    """The first and last day with data, None without any."""
    union = " UNION ALL ".join(f"SELECT day, environment FROM {table}" for table in _daily())
    query = (
        f"SELECT MIN(day) AS first, MAX(day) AS last FROM ({union}) AS found "
        f"WHERE (environment LIKE '{SIMULATED}%') = ?"
    )
    (row,) = tables.rows(query, [is_simulated])
    return None if row["first"] is None else (row["first"], row["last"])


def _environments(values: list[Any]) -> tuple[str, list[Any]]:
    union = " UNION ".join(f"SELECT environment FROM {table} WHERE {_CONDITION}" for table in _daily())
    return f"SELECT environment FROM ({union}) AS found ORDER BY 1", values * len(_daily())


def _start(at: date, bucket: Bucket) -> date:
    if bucket == "week":
        return at - timedelta(days=at.weekday()) if at.toordinal() > at.weekday() else at
    if bucket == "day":
        return at
    return at.replace(day=1) if bucket == "month" else at.replace(month=1, day=1)


def _next(at: date, bucket: Bucket) -> date:
    if bucket in ("day", "week"):
        return at + timedelta(days=1 if bucket == "day" else 7)
    months = at.year * 12 + at.month - 1 + (1 if bucket == "month" else 12)
    return date(months // 12, months % 12 + 1, 1)


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _floats(row: Row) -> Row:
    return {name: _float(value) for name, value in row.items()}
