"""Rules: what each has to say, and which follow from a contract."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sql.catalog import CatalogError, load_models, models
from sql.checks import Check
from sql.contract_tables import contract_checks


def said(event_type: str, column: str) -> list[str]:
    return [check.demand for check in contract_checks(event_type) if check.about == (column,)]


def test_what_a_contract_requires_bounds_or_lists_is_a_rule() -> None:
    assert said("prompt_execution", "model") == ["model must be present"]
    assert said("prompt_execution", "occurred_at") == ["occurred_at must be present"]
    assert said("prompt_execution", "door") == ["door must be present"]
    assert said("prompt_execution", "output_tokens") == ["output_tokens must be at least 0 and at most 1e+09"]
    assert said("prompt_execution", "status") == ["status must be one of ok, error"]
    assert said("feedback", "rating") == ["rating must be at least 1 and at most 5"]
    assert said("prompt_execution", "feature") == []


def test_a_default_is_not_required_of_rows_stored_before_the_field_was() -> None:
    assert said("prompt_execution", "environment") == []


def test_every_rule_of_a_contract_keeps_the_last_good_state() -> None:
    assert {check.severity for name in ("behavior", "service_metric") for check in contract_checks(name)} == {"fail"}


def test_no_model_says_again_what_its_contract_says() -> None:
    for model in models().values():
        if model.layer == "silver":
            derived = {(check.rule, check.about, check.min, check.max) for check in contract_checks(model.name)}
            assert not [c for c in model.checks if (c.rule, c.about, c.min, c.max) in derived], model.full_name


def test_the_grain_of_every_table_is_a_rule() -> None:
    for model in models().values():
        first = model.rules[0]
        assert (first.rule, first.about, first.severity) == ("unique", model.grain, "fail")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"rule": "between", "column": "a"}, "the rule between needs min or max"),
        ({"rule": "in_set", "column": "a"}, "the rule in_set needs values"),
        ({"rule": "matches"}, "the rule matches needs column and pattern"),
        ({"rule": "unique"}, "the rule unique needs column or columns"),
        ({"rule": "not_null", "column": "a", "min": 1}, "the rule not_null has no use for min"),
        ({"rule": "row_count_between", "column": "a", "min": 1}, "the rule row_count_between has no use for column"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Check(**given, severity="warn")


def test_a_check_without_severity_is_refused() -> None:
    with pytest.raises(ValidationError, match="severity"):
        Check(rule="not_null", column="a")  # type: ignore[call-arg]


def test_an_expression_is_about_the_columns_it_names() -> None:
    check = Check(rule="expression", expression="a + b <= COALESCE(c, a)", severity="fail")
    assert check.about == ("a", "b", "c")


SPEC = """description: d
grain: [day]
partition: day(day)
columns:
  day: {type: date, description: d}
checks:
"""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "{rule: row_count_between, min: 1, severity: warn}",
            "model.yaml:7: the rule row_count_between would read the",
        ),
        ("{rule: not_null, column: dya, severity: fail}", "model.yaml:7: there is no column 'dya'"),
        ("{rule: expression, expression: dya > 1, severity: fail}", "model.yaml:7: there is no column 'dya'"),
        ("{rule: not_null, column: day}", "model.yaml:7: checks.0.severity: field required"),
        ("{rule: like, column: day, severity: fail}", "model.yaml:7: checks.0.rule: input should be"),
    ],
)
def test_a_check_that_can_not_be_is_one_sentence_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    folder = tmp_path / "gold" / "toys"
    folder.mkdir(parents=True)
    (tmp_path / "silver").mkdir()
    (folder / "query.sql").write_text("SELECT CAST(occurred_at AS DATE) AS day FROM silver.behavior")
    (folder / "model.yaml").write_text(f"{SPEC}  - {line}\n")
    with pytest.raises(CatalogError, match=reason):
        load_models(tmp_path)
