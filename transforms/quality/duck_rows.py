"""What DuckDB shows the gate of a relation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sql.checks import Check
from sql.dialects import to_duckdb
from transforms.engines.duck import count
from transforms.quality.expectations import judged
from transforms.quality.rows import EXAMPLES, told

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_BROKEN = "broken_values"


class DuckRows:
    """Implements :class:`transforms.quality.rows.Rows` over one relation, with pandas frames."""

    source: Literal["pandas", "spark"] = "pandas"

    def __init__(self, db: "duckdb.DuckDBPyConnection", relation: str) -> None:
        self.db, self.relation, self.now = db, relation, datetime.now(UTC)

    def count(self) -> int:
        return count(self.db, f"SELECT count(*) FROM {self.relation}")

    def telling(self, checks: Mapping[str, Check]) -> "pd.DataFrame":
        import pandas as pd

        values_of = ", ".join(f"{_telling(check, self._value(check))} AS {key}" for key, check in checks.items())
        (lists,) = self.db.execute(f"SELECT {values_of} FROM {self.relation}").fetchall()
        values = [list(one or [None]) for one in lists]
        length = max(map(len, values))
        # Columns of one frame are of one length: the shorter ones are filled up by their first value.
        padded = (one + one[:1] * (length - len(one)) for one in values)
        return pd.DataFrame(dict(zip(checks, padded, strict=True)))

    def repeated(self, key: str, check: Check) -> "pd.DataFrame | None":
        hashes = f"SELECT {_hashed(check)} AS {key} FROM {self.relation} WHERE {_is_value(check)}"
        often = f"SELECT {key} FROM ({hashes}) GROUP BY {key} HAVING count(*) > 1"
        frame = self.db.sql(f"SELECT {key} FROM ({often}), range(2)").df()
        return None if frame.empty else frame

    def different(self, key: str, check: Check) -> "pd.DataFrame":
        return self.db.sql(f"SELECT DISTINCT {self._value(check)} AS {key} FROM {self.relation}").df()

    def broken(self, check: Check, values: Sequence[Any], shown: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        self._register(check, values)
        rows = f"SELECT *, {self._value(check)} AS value_of_check FROM {self.relation}"
        if check.rule == "unique":
            among = f"SELECT * FROM ({rows}) WHERE {_hashed(check)} IN (SELECT value FROM {_BROKEN})"
            found = f"({among} QUALIFY count(*) OVER (PARTITION BY value_of_check) > 1)"
        elif check.rule == "not_null":
            found = f"({rows}) WHERE value_of_check IS NULL"
        else:
            found = f"({rows}) WHERE value_of_check IN (SELECT value FROM {_BROKEN})"
        number = count(self.db, f"SELECT count(*) FROM {found}")
        listed = ", ".join(f'"{name}"' for name in shown) or "NULL"
        examples = self.db.execute(f"SELECT {listed} FROM {found} ORDER BY ALL LIMIT {EXAMPLES}").fetchall()
        return number, told(shown, examples) if shown else ()

    def _register(self, check: Check, values: Sequence[Any]) -> None:
        kind = _hashed(check) if check.rule == "unique" else self._value(check)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE {_BROKEN} AS SELECT {kind} AS value FROM {self.relation} LIMIT 0"
        )
        if values:
            self.db.execute(f"INSERT INTO {_BROKEN} SELECT unnest(?)", [list(values)])

    def _value(self, check: Check) -> str:
        """DuckDB's SQL of what the check is about; numbers as doubles, a NaN as beyond all bounds."""
        value = _in_duckdb(judged(check, self.now))
        if check.rule != "between":
            return value
        number = f"CAST({value} AS DOUBLE)"
        return f"CASE WHEN isnan({number}) THEN CAST('infinity' AS DOUBLE) ELSE {number} END"


def _in_duckdb(expression: str) -> str:
    return to_duckdb(f"SELECT {expression}").removeprefix("SELECT ")


def _hashed(check: Check) -> str:
    """A number that rows with the same value have in common."""
    return f"hash({', '.join(map(_quoted, check.about))})"


def _is_value(check: Check) -> str:
    """Condition: there is something to compare. Of several columns together, nulls are values too."""
    return "TRUE" if len(check.about) > 1 else f"{_quoted(check.about[0])} IS NOT NULL"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _telling(check: Check, value: str) -> str:
    if check.is_of_the_table:
        return f"[{value}]"
    if check.rule == "not_null":
        return f"[CASE WHEN count(*) = count({value}) THEN TRUE END]"
    if check.rule == "between":
        return f"[min({value}), max({value})]"
    return f"list(DISTINCT {value}) FILTER ({value} IS NOT NULL)"
