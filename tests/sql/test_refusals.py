"""A catalog that can't be right is refused whole: one sentence, the file, the line, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlglot import MappingSchema

from sql.catalog import CatalogError, models
from sql.dialects import SOURCE
from sql.portable import refused
from sql.resolved import Source, resolve_one
from tests.sql.catalogs import check_folder, copy_catalog

MODEL = """description: "A toy."
grain: [day]
columns:
  value: {type: bigint, description: "A toy's value"}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_catalog(tmp_path / "sql")


def write(root: Path, query: str, model: str = MODEL, name: str = "toy") -> Path:
    folder = root / "gold" / name
    folder.mkdir()
    (folder / "query.sql").write_text(query)
    (folder / "model.yaml").write_text(model)
    return folder


def refusal(root: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        check_folder(root)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence.replace(str(root), "sql")


def test_the_catalog_as_it_is_passes(root: Path) -> None:
    check_folder(root)


def test_a_table_that_is_not_there(root: Path) -> None:
    write(root, "SELECT\n    day,\n    1 AS value\nFROM gold.sesions\n")
    assert refusal(root) == (
        "sql/gold/toy/query.sql:4: there is no table 'gold.sesions', which gold.toy reads; gold.sessions is one."
    )


def test_a_column_that_is_not_there(root: Path) -> None:
    write(root, "SELECT\n    day,\n    SUM(evnts) AS value\nFROM gold.sessions\nGROUP BY 1\n")
    assert refusal(root) == "sql/gold/toy/query.sql:3: there is no column 'evnts' to read here."


def test_a_column_that_its_table_does_not_have(root: Path) -> None:
    write(root, "SELECT\n    s.day,\n    SUM(s.evnts) AS value\nFROM gold.sessions AS s\nGROUP BY 1\n")
    assert refusal(root) == "sql/gold/toy/query.sql:3: there is no column 'evnts' to read here."


def test_a_circle(root: Path) -> None:
    write(root, "SELECT day,\n    value FROM gold.toy_b", name="toy_a")
    write(root, "SELECT day, value FROM gold.toy_a", name="toy_b")
    circle = "gold.{0} reads gold.{1}, which reads gold.{0}; a table can't be made of itself."
    assert refusal(root) in (
        "sql/gold/toy_a/query.sql:2: " + circle.format("toy_a", "toy_b"),
        "sql/gold/toy_b/query.sql:1: " + circle.format("toy_b", "toy_a"),
    )


def test_a_query_and_a_model_that_do_not_agree(root: Path) -> None:
    folder = write(root, "SELECT\n    day,\n    1 AS value,\n    2 AS more\nFROM gold.sessions")
    assert refusal(root) == "sql/gold/toy/query.sql:4: the model does not describe the column 'more'."
    (folder / "query.sql").write_text("SELECT day FROM gold.sessions")
    assert refusal(root) == "sql/gold/toy/query.sql:1: the query gives no column 'value', which the model describes."


def test_sql_that_is_none(root: Path) -> None:
    write(root, "SELECT\n    day,\n    (1 AS value\nFROM gold.sessions")
    assert refusal(root).startswith("sql/gold/toy/query.sql:4: ")


def test_a_check_without_severity(root: Path) -> None:
    write(root, "SELECT day, 1 AS value FROM gold.sessions", MODEL + "checks:\n  - {column: value, rule: unique}\n")
    assert refusal(root) == "sql/gold/toy/model.yaml:6: checks.0.severity: field required."


def test_a_check_of_a_column_that_is_not_there(root: Path) -> None:
    checks = "checks:\n" + "".join(f"  - {{column: {c}, rule: unique, severity: fail}}\n" for c in ("value", "missing"))
    write(root, "SELECT day, 1 AS value FROM gold.sessions", MODEL + checks)
    assert refusal(root) == "sql/gold/toy/model.yaml:7: there is no column 'missing', which checks names."


def test_a_column_that_nobody_describes(root: Path) -> None:
    write(root, "SELECT day, 1 AS value FROM gold.sessions", "description: A toy.\ngrain: [day]\ncolumns:\n  toys:\n")
    assert refusal(root) == "sql/gold/toy/model.yaml:4: columns.toys.type: field required."


def test_a_rollup_of_nothing(root: Path) -> None:
    folder = root / "gold" / "toy"
    folder.mkdir()
    (folder / "model.yaml").write_text("description: A toy.\nrollup_of: cost_dayly\ngrain: [day]\n")
    assert refusal(root) == "sql/gold/toy/model.yaml:2: there is no gold table 'cost_dayly'."


def test_a_metric_over_a_column_that_is_not_there(root: Path) -> None:
    (root / "metrics" / "cost_usd.yaml").write_text(
        "title: t\ndescription: d\ntable: cost_daily\nexpression: SUM(cots_usd)\nunit: u\ndirection: up\n"
    )
    assert refusal(root) == "sql/metrics/cost_usd.yaml:4: there is no column 'cots_usd' to read here."


NOT_PORTABLE = {
    "approx_percentile(duration_s, 0.5)": "BUCKET",
    "approx_distinct(person)": "a row a day and key",
    "AVG(duration_s)": "CAST(SUM(x) AS DOUBLE) / NULLIF(COUNT(x), 0)",
    "SUM(duration_s) / COUNT(*)": "CAST(a AS DOUBLE) / b",
    "SUM(CAST(duration_s AS DECIMAL(10, 2))) / COUNT(*)": "CAST(a AS DOUBLE) / b",
    "CAST(2.5 AS INTEGER)": "FLOOR",
    "CAST(CAST(SUM(duration_s) AS DOUBLE) / 2 AS BIGINT)": "FLOOR",
    "SUM(CAST(duration_s AS DOUBLE))": "EXACT",
    "SUM(CAST(CAST(duration_s AS DOUBLE) AS DECIMAL(38, 9)))": "EXACT",
    "MAX(to_unixtime(started_at))": "date_diff",
    "MAX(day_of_week(started_at))": "date_diff",
    "TRY(1 / 0)": "NULLIF",
    "MAX(date_add('day', 1, day))": "INTERVAL",
    "MAX(width_bucket(CAST(duration_s AS DOUBLE), 0, 10, 5))": "BUCKET",
    "MAX(ln(CAST(duration_s AS DOUBLE)))": "BUCKET",
    "arbitrary(duration_s)": "MIN(x)",
    "array_agg(DISTINCT person ORDER BY person)": "subquery",
    "array_agg(person)": "ORDER BY",
    "MAX(json_extract(person, '$.a'))": "json_extract_scalar",
    "MAX(current_date)": "build",
    "MAX(now())": "build",
    "MAX(random())": "build",
}


def told(expression: str) -> list[str]:
    """What the check says of an expression over sessions, with the line."""
    schema = MappingSchema(
        {"gold": {"sessions": {c: spec.type for c, spec in models()["gold.sessions"].columns.items()}}}, dialect=SOURCE
    )
    source = Source(f"SELECT\n    day,\n    {expression} AS value\nFROM gold.sessions\nGROUP BY 1\n", Path("toy.sql"))
    return [f"{source.at(part)}: {sentence}" for part, sentence in refused(resolve_one(source, schema))]


@pytest.mark.parametrize("expression", NOT_PORTABLE)
def test_what_differs_between_engines_is_refused_with_what_to_write(expression: str) -> None:
    sentence, *_ = told(expression)
    assert sentence.startswith("toy.sql:3: "), sentence
    assert NOT_PORTABLE[expression] in sentence


def test_a_model_that_is_not_portable_is_refused(root: Path) -> None:
    write(root, "SELECT\n    day,\n    AVG(duration_s) AS value\nFROM gold.sessions\nGROUP BY 1\n")
    assert refusal(root).startswith("sql/gold/toy/query.sql:3: AVG of a decimal differs")


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(FLOOR(CAST(SUM(duration_s) AS DOUBLE) / 2) AS BIGINT)",
        "CAST(SUM(duration_s) AS DOUBLE) / NULLIF(COUNT(duration_s), 0)",
        "SUM(CAST(duration_s AS DECIMAL(38, 9)))",
        "array_agg(person ORDER BY person)",
        "MAX(json_extract_scalar(person, '$.a'))",
        "MAX(day + INTERVAL '1' DAY)",
        "date_diff('day', DATE '1970-01-05', MAX(day)) % 7",
        "COUNT_IF(duration_s % 7 = 0) FILTER (WHERE duration_s > 0)",
    ],
)
def test_what_is_the_same_everywhere_passes(expression: str) -> None:
    assert told(expression) == []


def test_a_metric_is_held_to_the_same_rules(root: Path) -> None:
    (root / "metrics" / "cost_usd.yaml").write_text(
        "title: t\ndescription: d\ntable: cost_daily\nunit: u\ndirection: up\n"
        "expression: SUM(cost_usd) / SUM(executions)\n"
    )
    assert re.match(r"sql/metrics/cost_usd.yaml:6: A division", refusal(root))


def test_a_rule_of_a_table_is_held_to_the_same_rules(root: Path) -> None:
    written = root / "gold" / "quality_daily" / "model.yaml"
    text = written.read_text().replace("errors <= executions", "errors / executions <= 1")
    written.write_text(text)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "errors / executions" in one)
    assert refusal(root).startswith(f"sql/gold/quality_daily/model.yaml:{line}: A division of whole numbers")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("rated_execution", "reads_days: {before: two}", "sql/views/rated_execution.yaml:1: reads_days.before: input"),
        ("rated_execution", "reads: 1", "sql/views/rated_execution.yaml:1: reads_days: field required"),
        ("nothing", "reads_days: {before: 2}", "sql/views/nothing.sql is missing, and nothing.yaml says how far"),
        (
            "survey_answer",
            "reads_days: {after: 1}\nreads_apart: {silver.visited_act: person}",
            "sql/views/survey_answer.yaml:2: the query reads no view silver.visited_act that has a file of this kind.",
        ),
    ],
)
def test_how_far_a_view_looks_is_said_beside_its_query(root: Path, name: str, text: str, sentence: str) -> None:
    (root / "views" / f"{name}.yaml").write_text(text + "\n")
    assert refusal(root).startswith(sentence)
