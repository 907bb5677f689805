"""What DuckDB shows the gate of a relation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sql.checks import Check
from sql.dialects import to_duckdb
from transforms.engines.duck import count
from transforms.quality.expectations import judged, telling
from transforms.quality.rows import EXAMPLES, told

if TYPE_CHECKING:
    import duckdb

_BROKEN = "broken_values"


class DuckRows:
    """Implements :class:`transforms.quality.rows.Rows` over one relation, by SQL."""

    def __init__(self, db: "duckdb.DuckDBPyConnection", relation: str) -> None:
        self.db, self.relation, self.now = db, relation, datetime.now(UTC)

    def count(self) -> int:
        return count(self.db, f"SELECT count(*) FROM {self.relation}")

    def telling(self, checks: Mapping[str, Check]) -> dict[str, list[Any]]:
        values_of = ", ".join(_in_duckdb(telling(check, self.now)) for check in checks.values())
        (lists,) = self.db.execute(f"SELECT {values_of} FROM {self.relation}").fetchall()
        return {key: list(values or ()) for key, values in zip(checks, lists, strict=True)}

    def repeated(self, check: Check) -> list[Any]:
        hashes = f"SELECT {_hashed(check)} AS value FROM {self.relation} WHERE {_is_value(check)}"
        often = f"SELECT value FROM ({hashes}) GROUP BY value HAVING count(*) > 1"
        return self._column(f"SELECT value FROM ({often}), range(2)")

    def different(self, check: Check) -> list[Any]:
        return self._column(f"SELECT DISTINCT {self._value(check)} FROM {self.relation}")

    def _column(self, query: str) -> list[Any]:
        return [value for (value,) in self.db.execute(query).fetchall()]

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
        return _in_duckdb(judged(check, self.now))


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
