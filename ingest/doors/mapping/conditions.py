"""Whether a row is what a rule describes."""

from collections.abc import Callable
from typing import Any

from ingest.doors.mapping.convert import EMPTY, as_text
from ingest.doors.mapping.model import Condition
from ingest.doors.mapping.paths import exists, get

Holds = Callable[[dict[str, Any]], bool]


def compile_condition(path: str, condition: Condition) -> Holds:
    """A function that tells whether a row fits."""
    wanted = condition.model_fields_set
    choice = {as_text(v) for v in condition.in_ or []} if "in_" in wanted else None
    equal = as_text(condition.equals) if "equals" in wanted and condition.equals is not None else None
    null, prefix, there = "equals" in wanted and condition.equals is None, condition.prefix, condition.exists

    def holds(row: dict[str, Any]) -> bool:
        if there is not None and exists(row, path) is not there:
            return False
        raw = get(row, path)
        if null and raw not in EMPTY:
            return False
        text = "" if raw is None else as_text(raw)
        return (
            (equal is None or text == equal)
            and (choice is None or text in choice)
            and (prefix is None or text.startswith(prefix))
        )

    return holds
