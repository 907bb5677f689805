"""What Spark shows the gate of a data frame."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sql.checks import Check
from sql.dialects import to_spark
from transforms.quality.expectations import judged
from transforms.quality.rows import EXAMPLES, told

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_VALUE = "value_of_check"


class SparkRows:
    """Implements :class:`transforms.quality.rows.Rows`."""

    def __init__(self, rows: "DataFrame") -> None:
        self._rows, self._now = rows, datetime.now(UTC)

    def count(self) -> int:
        return int(self._rows.count())

    def telling(self, checks: Mapping[str, Check]) -> dict[str, list[Any]]:
        from pyspark.sql.functions import expr

        values_of = [expr(_telling(check, self._sql(check))).alias(key) for key, check in checks.items()]
        return {key: list(values or ()) for key, values in self._rows.agg(*values_of).collect()[0].asDict().items()}

    def repeated(self, check: Check) -> list[Any]:
        values = self._rows.select(self._value(check).alias(_VALUE)).dropna()
        return 2 * _column(values.groupBy(_VALUE).count().where("count > 1").select(_VALUE))

    def different(self, check: Check) -> list[Any]:
        return _column(self._rows.select(self._value(check).alias(_VALUE)).distinct())

    def broken(self, check: Check, values: Sequence[Any], shown: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        rows = self._rows.withColumn(_VALUE, self._value(check))
        breaks = rows[_VALUE].isNull() if check.rule == "not_null" else rows[_VALUE].isin(list(set(values)))
        found = rows.where(breaks)
        examples = found.select(*shown).orderBy(*shown).limit(EXAMPLES).collect() if shown else []
        return found.count(), told(shown, examples)

    def _value(self, check: Check) -> "Column":
        from pyspark.sql.functions import expr

        return expr(self._sql(check))

    def _sql(self, check: Check) -> str:
        """Spark's SQL of what the check is about; numbers as doubles, a NaN as beyond all bounds."""
        value = to_spark(f"SELECT {judged(check, self._now)}").removeprefix("SELECT ")
        if check.rule != "between":
            return value
        number = f"CAST({value} AS DOUBLE)"
        return f"CASE WHEN isnan({number}) THEN CAST('infinity' AS DOUBLE) ELSE {number} END"


def _column(frame: "DataFrame") -> list[Any]:
    return [value for (value,) in frame.collect()]


def _telling(check: Check, value: str) -> str:
    if check.is_of_the_table:
        return f"array({value})"
    if check.rule == "not_null":
        return f"array(CASE WHEN count(1) = count({value}) THEN TRUE END)"
    if check.rule == "between":
        return f"array(min({value}), max({value}))"
    return f"collect_set({value})"
