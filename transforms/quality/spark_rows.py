"""What Spark shows the gate of a data frame. Great Expectations judges the rows where they lie."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sql.checks import Check
from sql.dialects import to_spark
from transforms.quality.expectations import judged
from transforms.quality.rows import EXAMPLES, told

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_VALUE = "value_of_check"


class SparkRows:
    """Implements :class:`transforms.quality.rows.Rows`."""

    source: Literal["pandas", "spark"] = "spark"

    def __init__(self, rows: "DataFrame") -> None:
        self._rows, self._now = rows, datetime.now(UTC)

    def count(self) -> int:
        return int(self._rows.count())

    def telling(self, checks: Mapping[str, Check]) -> "DataFrame":
        columns = [self._value(check).alias(key) for key, check in checks.items()]
        if any(check.is_of_the_table for check in checks.values()):
            return self._rows.agg(*columns)
        return self._rows.select(*columns)

    def repeated(self, key: str, check: Check) -> "DataFrame | None":
        values = self._rows.select(self._value(check).alias(key)).dropna()
        often = values.groupBy(key).count().where("count > 1").select(key)
        return None if often.isEmpty() else values.join(often, key, "left_semi")

    def different(self, key: str, check: Check) -> "DataFrame":
        return self._rows.select(self._value(check).alias(key)).distinct()

    def broken(self, check: Check, values: Sequence[Any], shown: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        rows = self._rows.withColumn(_VALUE, self._value(check))
        breaks = rows[_VALUE].isNull() if check.rule == "not_null" else rows[_VALUE].isin(list(set(values)))
        found = rows.where(breaks)
        examples = found.select(*shown).orderBy(*shown).limit(EXAMPLES).collect() if shown else []
        return found.count(), told(shown, examples)

    def _value(self, check: Check) -> "Column":
        from pyspark.sql.functions import expr

        return expr(to_spark(f"SELECT {judged(check, self._now)}").removeprefix("SELECT "))
