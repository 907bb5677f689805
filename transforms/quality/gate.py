"""The rules of a table, run by Great Expectations on what is about to be committed.

Great Expectations takes seconds to import, so nothing but this file imports it, and ``warm_up`` starts that early.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from sql.catalog import Check, Model

if TYPE_CHECKING:
    from transforms.engines.protocol import Rows

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

    def check(self, model: Model, rows: "Rows") -> None:
        """Run the model's checks on rows of its table."""
        if not model.checks:
            return
        # Only rules that depend on nothing but presence and equality apply to text, so they are told by what stands in
        # for it, and what breaks one is checked again on the text itself.
        frame = rows.stand_ins(dict.fromkeys(check.column for check in model.checks))
        if frame is None:
            return
        if broken := _broken(self._batch(model, rows.source, frame), model.checks):
            wanted = dict.fromkeys([*model.grain, *(check.column for check in broken)])
            self._explain(model, broken, self._batch(model, rows.source, rows.plain(wanted)))

    def _explain(self, model: Model, broken: Sequence[Check], batch: Any) -> None:
        for check in broken:
            result = batch.validate(_expectation(check), result_format=_result_format(model))
            if not result.success:
                self.findings.append(_finding(model, check, result))

    def _batch(self, model: Model, source: Literal["pandas", "spark"], frame: Any) -> Any:
        if self._context is None:
            if self._importing.ident:
                self._importing.join()
            import great_expectations as gx

            self._context = gx.get_context(mode="ephemeral")
            self._context.variables.progress_bars = {"globally": False}
        sources = self._context.data_sources
        add = sources.add_pandas if source == "pandas" else sources.add_spark
        asset = add(f"{model.full_name}-{len(sources.all())}").add_dataframe_asset(model.full_name)
        definition = asset.add_batch_definition_whole_dataframe("changed")
        return definition.get_batch(batch_parameters={"dataframe": frame})


def _broken(batch: Any, checks: Sequence[Check]) -> list[Check]:
    """The checks that some row breaks, all told in one pass."""
    import great_expectations as gx

    suite = gx.ExpectationSuite("checks", expectations=[_expectation(check, str(i)) for i, check in enumerate(checks)])
    results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    return [checks[int(r.expectation_config.meta["check"])] for r in results if not r.success]


def _result_format(model: Model) -> dict[str, Any]:
    return {
        "result_format": "SUMMARY",
        "partial_unexpected_count": EXAMPLES,
        "unexpected_index_column_names": list(model.grain),
    }


def _expectation(check: Check, number: str = "0") -> Any:
    gxe: Any = import_module("great_expectations.expectations")
    named = {"column": check.column, "meta": {"check": number}}
    if check.rule == "not_null":
        return gxe.ExpectColumnValuesToNotBeNull(**named)
    if check.rule == "unique":
        return gxe.ExpectColumnValuesToBeUnique(**named)
    return gxe.ExpectColumnValuesToBeBetween(**named, min_value=check.min, max_value=check.max)


def _finding(model: Model, check: Check, result: Any) -> Finding:
    from pandas import isna

    details = result.result
    rows = int(details.get("element_count") or 0)
    where: Iterable[dict[str, Any]] = details.get("partial_unexpected_index_list") or ()
    examples = [", ".join(f"{key} {value}" for key, value in row.items() if not isna(value)) for row in where]
    return Finding(
        model.full_name, check, int(details.get("unexpected_count") or rows), rows, tuple(examples[:EXAMPLES])
    )
