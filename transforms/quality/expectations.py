"""A rule as SQL of the value it is about, and as an expectation of that value: the same on every engine.

An engine computes values by the given SQL, in its own dialect, and Great Expectations judges them. Of a rule of the
table itself the SQL is an aggregate.
"""

from datetime import datetime
from typing import Any

from sql.checks import Check

_BETWEEN_VALUES, _NULL = "chr(31)", "chr(30)"
"""Control characters, which no name has."""


def judged(check: Check, now: datetime) -> str:
    """Trino SQL of the value that the rule is about; of bounds a double, in which a NaN is beyond them all."""
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
        case "between":
            number = f"CAST({_quoted(check.about[0])} AS DOUBLE)"
            return f"CASE WHEN is_nan({number}) THEN CAST('Infinity' AS DOUBLE) ELSE {number} END"
        case _:
            return _quoted(check.about[0])


def telling(check: Check, now: datetime) -> str:
    """Trino SQL of an array of such values that the rule breaks on one of them if it breaks on any row.

    It aggregates. Rules that compare rows have none.
    """
    value = judged(check, now)
    match check.rule:
        case "row_count_between" | "max_age_days":
            return f"ARRAY[{value}]"
        case "not_null":
            return f"ARRAY[CASE WHEN COUNT(*) = COUNT({value}) THEN TRUE END]"
        case "between":
            return f"ARRAY[MIN({value}), MAX({value})]"
        case _:
            return f"ARRAY_AGG(DISTINCT {value}) FILTER (WHERE {value} IS NOT NULL)"


def demanded(check: Check) -> tuple[str, dict[str, Any]]:
    """The class of the expectation that the value has to meet, and its arguments."""
    match check.rule:
        case "not_null":
            return "ExpectColumnValuesToNotBeNull", {}
        case "unique":
            return "ExpectColumnValuesToBeUnique", {}
        case "in_set":
            return "ExpectColumnValuesToBeInSet", {"value_set": list(check.values)}
        case "expression":
            return "ExpectColumnValuesToBeInSet", {"value_set": [True]}
        case "matches":
            return "ExpectColumnValuesToMatchRegex", {"regex": check.pattern}
        case _:
            return "ExpectColumnValuesToBeBetween", {"min_value": check.min, "max_value": check.max}


def _quoted(name: str) -> str:
    return f'"{name}"'
