"""The rules of a table, run by Great Expectations on what is about to be committed.

Great Expectations takes seconds to import, so nothing but this file imports it, and ``warm_up`` starts that early.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from sql.catalog import Check, Model

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that rows break."""

    table: str
    check: Check
    broken: int
    rows: int
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        bounds = [f"at least {self.check.min:g}"] if self.check.min is not None else []
        bounds += [f"at most {self.check.max:g}"] if self.check.max is not None else []
        rule = {"not_null": "present", "unique": "unique"}.get(self.check.rule) or " and ".join(bounds)
        shown = f", for example {'; '.join(self.examples)}" if self.examples else ""
        return (
            f"{self.table}: {self.check.column} must be {rule}, but {self.broken} of {self.rows} rows break it{shown}."
        )


class Gate:
    """Checks frames one by one and gathers what they break."""

    def __init__(self) -> None:
        # Analytics would call out of the owner's account; progress bars would write into the user's terminal.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        self._importing = Thread(target=import_module, args=("great_expectations",), daemon=True)
        self._context: Any = None
        self.findings: list[Finding] = []

    def warm_up(self) -> None:
        """Import the library beside whatever else is going on."""
        self._importing.start()

    @property
    def failures(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.check.severity == "fail"]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.check.severity == "warn"]

    def check(self, model: Model, frame: "pd.DataFrame") -> None:
        """Run the model's checks on rows that hold its checked columns and its grain."""
        if not model.checks or frame.empty:
            return
        batch = self._batch(model, frame)
        for check in model.checks:
            result = batch.validate(_expectation(check), result_format=_result_format(model))
            if not result.success:
                self.findings.append(_finding(model, check, len(frame), result))

    def _batch(self, model: Model, frame: "pd.DataFrame") -> Any:
        if self._context is None:
            if self._importing.ident:
                self._importing.join()
            import great_expectations as gx

            self._context = gx.get_context(mode="ephemeral")
            self._context.variables.progress_bars = {"globally": False}
        source = self._context.data_sources.add_pandas(f"{model.full_name}-{len(self._context.data_sources.all())}")
        definition = source.add_dataframe_asset(model.full_name).add_batch_definition_whole_dataframe("changed")
        return definition.get_batch(batch_parameters={"dataframe": frame})


def checked_columns(model: Model) -> Sequence[str]:
    """The columns that a frame for the gate needs: those with rules, and the grain for the examples."""
    return list(dict.fromkeys([*model.grain, *(check.column for check in model.checks)]))


def _result_format(model: Model) -> dict[str, Any]:
    return {
        "result_format": "SUMMARY",
        "partial_unexpected_count": EXAMPLES,
        "unexpected_index_column_names": list(model.grain),
    }


def _expectation(check: Check) -> Any:
    gxe: Any = import_module("great_expectations.expectations")

    if check.rule == "not_null":
        return gxe.ExpectColumnValuesToNotBeNull(column=check.column)
    if check.rule == "unique":
        return gxe.ExpectColumnValuesToBeUnique(column=check.column)
    return gxe.ExpectColumnValuesToBeBetween(column=check.column, min_value=check.min, max_value=check.max)


def _finding(model: Model, check: Check, rows: int, result: Any) -> Finding:
    details = result.result
    where: Iterable[dict[str, Any]] = details.get("partial_unexpected_index_list") or ()
    examples = [", ".join(f"{key} {value}" for key, value in row.items()) for row in where]
    return Finding(
        model.full_name, check, int(details.get("unexpected_count") or rows), rows, tuple(examples[:EXAMPLES])
    )
