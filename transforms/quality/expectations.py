"""A rule as SQL of the value it is about, and as an expectation of that value: the same on every engine.

An engine makes a batch with a column of the given SQL for each rule, in its own dialect, and Great Expectations judges
it. Of a rule of the table itself the SQL is an aggregate, and the batch has one row.
"""

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from sql.checks import Check

_BETWEEN_VALUES, _NULL = "chr(31)", "chr(30)"
"""Control characters, which no name has."""


def judged(check: Check, now: datetime) -> str:
    """Trino SQL of the value that the rule is about."""
    match check.rule:
        case "expression":
            return f"({check.expression})"
        case "unique" if len(check.about) > 1:
            texts = (f"COALESCE(CAST({_quoted(name)} AS VARCHAR), {_NULL})" for name in check.about)
            return f" || {_BETWEEN_VALUES} || ".join(texts)
        case "row_count_between":
            return "COUNT(*)"
        case "max_age_days":
            newest = f"CAST(MAX({_quoted(check.about[0])}) AS DATE)"
            return f"date_diff('day', {newest}, DATE '{now:%Y-%m-%d}')"
        case _:
            return _quoted(check.about[0])


def expectation(check: Check, column: str) -> Any:
    """The expectation that ``column``, which holds what :func:`judged` says, has to meet."""
    gxe: Any = import_module("great_expectations.expectations")
    about = {"column": column, "meta": {"column": column}}
    match check.rule:
        case "not_null":
            return gxe.ExpectColumnValuesToNotBeNull(**about)
        case "unique":
            return gxe.ExpectColumnValuesToBeUnique(**about)
        case "in_set":
            return gxe.ExpectColumnValuesToBeInSet(**about, value_set=list(check.values))
        case "expression":
            return gxe.ExpectColumnValuesToBeInSet(**about, value_set=[True])
        case "matches":
            return gxe.ExpectColumnValuesToMatchRegex(**about, regex=check.pattern)
        case _:
            return gxe.ExpectColumnValuesToBeBetween(**about, min_value=check.min, max_value=check.max)


def unmet(batch: Any, checks: Mapping[str, Check]) -> list[str]:
    """The columns of a batch that don't meet the expectation of their check, all judged in one pass."""
    import great_expectations as gx

    expected = [expectation(check, column) for column, check in checks.items()]
    suite = gx.ExpectationSuite("rules", expectations=expected)
    results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    return [r.expectation_config.meta["column"] for r in results if not r.success]


def unexpected(batch: Any, check: Check, column: str) -> list[Any]:
    """The values of a batch's column that don't meet the expectation."""
    result = batch.validate(expectation(check, column), result_format="COMPLETE")
    found = result.result.get("unexpected_list") or ()
    return [value.item() if hasattr(value, "item") else value for value in found]


def _quoted(name: str) -> str:
    return f'"{name}"'
