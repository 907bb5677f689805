"""Every rule, on rows that break it and on rows that don't; what is told of those that do."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from sql.catalog import models
from sql.checks import Check
from sql.records import ColumnSpec, Model
from transforms.engines.duck import session
from transforms.quality.duck_rows import DuckRows
from transforms.quality.gate import Gate
from transforms.quality.result import Result


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    db = session(tmp_path_factory.mktemp("scratch"))
    yield db
    db.close()


@pytest.fixture(scope="module")
def gate() -> Gate:
    """One for all: it takes seconds to import what it stands on."""
    return Gate()


def table(*checks: Check, grain: tuple[str, ...] = ("id",)) -> Model:
    column = ColumnSpec(type="varchar", description="d")
    names = ("id", "day", "word", "number", "other", "user_id")
    return models()["gold.cost_daily"].model_copy(
        update={"name": "toys", "grain": grain, "columns": dict.fromkeys(names, column), "checks": checks}
    )


def ask(gate: Gate, db: duckdb.DuckDBPyConnection, model: Model, rows: str, whole: str | None = None) -> list[Result]:
    gate.take(model, DuckRows(db, f"({rows})"), None if whole is None else DuckRows(db, f"({whole})"))
    return gate.judge()


def rows(column: str, kind: str, *values: Any) -> str:
    """A relation of ids 0, 1, … with one column."""
    listed = ", ".join(f"({number}, CAST({value} AS {kind}))" for number, value in enumerate(values))
    return f"SELECT * FROM (VALUES {listed}) AS t (id, {column})"


BROKEN = [
    ({"rule": "not_null", "column": "word"}, rows("word", "VARCHAR", "'a'", "NULL"), ["id 1"]),
    (
        {"rule": "unique", "column": "word"},
        rows("word", "VARCHAR", "'a'", "'b'", "'a'"),
        ["id 0, word a", "id 2, word a"],
    ),
    ({"rule": "between", "column": "number", "min": 0}, rows("number", "BIGINT", 5, -1, "NULL"), ["id 1, number -1"]),
    ({"rule": "between", "column": "number", "max": 1}, rows("number", "DOUBLE", 0.5, "'nan'"), ["id 1, number nan"]),
    (
        {"rule": "between", "column": "number", "min": 0, "max": 1},
        rows("number", "DECIMAL(38, 12)", 1, "1.000000000001"),
        ["id 1, number 1.000000000001"],
    ),
    ({"rule": "in_set", "column": "word", "values": ["a", "ü"]}, rows("word", "VARCHAR", "'ü'", "''"), ["id 1, word "]),
    ({"rule": "in_set", "column": "number", "values": [1, 2]}, rows("number", "BIGINT", 1, 3), ["id 1, number 3"]),
    (
        {"rule": "matches", "column": "word", "pattern": "^a+$"},
        rows("word", "VARCHAR", "'aa'", "'ab'"),
        ["id 1, word ab"],
    ),
    (
        {"rule": "expression", "expression": "number * 2 <= 4"},
        rows("number", "BIGINT", 2, 3, "NULL"),
        ["id 1, number 3"],
    ),
]


@pytest.mark.parametrize(
    ("said", "relation", "examples"), BROKEN, ids=lambda v: v["rule"] if isinstance(v, dict) else ""
)
def test_a_broken_rule_counts_its_rows_and_shows_them(
    gate: Gate, db: duckdb.DuckDBPyConnection, said: dict[str, Any], relation: str, examples: list[str]
) -> None:
    model = table(Check(**said, severity="warn"))
    of_grain, result = ask(gate, db, model, relation)
    assert of_grain.outcome == "passed"
    assert (result.outcome, list(result.examples), result.broken) == ("warned", examples, len(examples))
    assert result.sentence.startswith(f"gold.toys: {result.check.demand}, but {len(examples)} of {result.rows} rows")
    # Without its broken rows the same relation passes.
    whole = f"SELECT * FROM ({relation}) WHERE id NOT IN ({', '.join(e.split(',')[0][3:] for e in examples)})"
    assert {r.outcome for r in ask(gate, db, model, whole)} == {"passed"}


def test_columns_of_nothing_but_nulls_break_only_not_null(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    checks = [Check(**said, severity="fail") for said, _, _ in BROKEN]
    empty = "SELECT 1 AS id, CAST(NULL AS VARCHAR) AS word, CAST(NULL AS BIGINT) AS number"
    assert [r.check.rule for r in ask(gate, db, table(*checks), empty) if r.outcome != "passed"] == ["not_null"]


def test_the_grain_is_unique_and_nulls_are_values_in_it(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    model = table(grain=("day", "word"))
    once = "SELECT * FROM (VALUES (DATE '2026-03-01', NULL), (DATE '2026-03-01', 'a'), (NULL, 'a')) AS t (day, word)"
    (result,) = ask(gate, db, model, once)
    assert result.outcome == "passed"
    (result,) = ask(gate, db, model, f"{once} UNION ALL SELECT DATE '2026-03-01', NULL")
    assert (result.outcome, result.broken) == ("failed", 2)
    assert result.sentence == (
        "gold.toys: day and word must be unique together, but 2 of 4 rows break it, "
        "for example day 2026-03-01; day 2026-03-01."
    )


def test_what_points_to_a_person_is_not_shown(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    model = table(Check(rule="matches", column="user_id", pattern="^p", severity="fail"))
    _, result = ask(gate, db, model, rows("user_id", "VARCHAR", "'p1'", "'ann@example.com'"))
    assert result.examples == ("id 1",)
    assert "ann" not in result.sentence


def test_rules_of_the_table_are_held_against_all_of_it(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    model = table(
        Check(rule="row_count_between", min=2, max=3, severity="fail"),
        Check(rule="unique", column="word", severity="fail", whole_table=True),
        Check(rule="max_age_days", column="day", max=2, severity="warn"),
    )
    changed = "SELECT 1 AS id, 'a' AS word, current_date AS day"
    by = [result.outcome for result in ask(gate, db, model, changed, changed)]
    assert by == ["passed", "failed", "passed", "passed"]
    old = "SELECT unnest([1, 2, 3, 4]) AS id, 'a' AS word, DATE '2020-01-01' AS day"
    results = ask(gate, db, model, changed, old)
    assert [result.outcome for result in results] == ["passed", "failed", "failed", "warned"]
    assert results[1].sentence == "gold.toys: the number of rows must be at least 2 and at most 3, but it is 4."
    assert results[2].broken == 4
    assert "the newest day must be at most 2 days old, but it is" in results[3].sentence
    assert [result.check.rule for result in ask(gate, db, model, changed)] == ["unique"]


def test_a_table_without_rows_is_asked_only_what_is_of_the_table(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    model = table(
        Check(rule="not_null", column="word", severity="fail"),
        Check(rule="row_count_between", min=1, severity="fail"),
    )
    none = "SELECT 1 AS id, 'a' AS word WHERE FALSE"
    (result,) = ask(gate, db, model, none, none)
    assert result.sentence == "gold.toys: the number of rows must be at least 1, but it is 0."


def test_what_is_judged_stays_small_however_many_rows_there_are(db: duckdb.DuckDBPyConnection) -> None:
    many = DuckRows(db, "(SELECT i AS id, i % 7 AS number, 'w' || i % 3 AS word FROM range(300000) AS r (i))")
    checks = {
        "a": Check(rule="between", column="number", min=0, severity="fail"),
        "b": Check(rule="in_set", column="word", values=("w0", "w1", "w2"), severity="fail"),
        "c": Check(rule="not_null", column="id", severity="fail"),
    }
    values = many.telling(checks)
    assert (values["a"], sorted(values["b"]), values["c"]) == ([0, 6], ["w0", "w1", "w2"], [True])


def test_a_rule_that_others_share_is_broken_by_its_own_rows_only(gate: Gate, db: duckdb.DuckDBPyConnection) -> None:
    low = Check(rule="between", column="number", min=0, severity="fail")
    for name, value in (("one", 1), ("two", -1), ("three", 3)):
        gate.take(table(low).model_copy(update={"name": name}), DuckRows(db, f"({rows('number', 'BIGINT', value)})"))
    results = gate.judge()
    assert [(r.table, r.outcome) for r in results if r.check == low] == [
        ("gold.one", "passed"),
        ("gold.two", "failed"),
        ("gold.three", "passed"),
    ]
    assert gate.judge() == []
