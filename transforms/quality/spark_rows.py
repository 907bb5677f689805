"""What Spark shows the gate of a data frame."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sql.checks import Check
from sql.dialects import to_spark
from transforms.quality.expectations import judged, telling
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
        values_of = [_in_spark(telling(check, self._now)).alias(key) for key, check in checks.items()]
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
        return _in_spark(judged(check, self._now))


def _in_spark(expression: str) -> "Column":
    from pyspark.sql.functions import expr

    return expr(to_spark(f"SELECT {expression}").removeprefix("SELECT "))


def _column(frame: "DataFrame") -> list[Any]:
    return [value for (value,) in frame.collect()]
