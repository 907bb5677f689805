"""The rules of a table, judged by Great Expectations on what is about to be committed.

Great Expectations takes seconds to import, so nothing outside this room imports it, and ``warm_up`` starts that early.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from threading import Thread
from typing import Any, Literal

from sql.checks import Check
from sql.persons import names_nobody
from sql.records import Model
from transforms.quality.expectations import unexpected, unmet
from transforms.quality.result import Result
from transforms.quality.rows import Rows


class Gate:
    """Holds tables against their rules one by one, and gathers the results."""

    def __init__(self) -> None:
        # Analytics would call out of the owner's account; progress bars would write into the user's terminal.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        self._importing = Thread(target=import_module, args=("great_expectations",), daemon=True)
        self._definitions: dict[str, Any] = {}
        self.results: list[Result] = []

    def warm_up(self) -> None:
        """Import the library beside whatever else is going on."""
        self._importing.start()

    @property
    def failures(self) -> list[Result]:
        return [result for result in self.results if result.outcome == "failed"]

    @property
    def warnings(self) -> list[Result]:
        return [result for result in self.results if result.outcome == "warned"]

    def check(self, model: Model, changed: Rows, whole: Rows | None = None) -> None:
        """Hold a table against its rules.

        Args:
            changed: what is to be committed.
            whole: the table as it will be, which rules over the whole of it are held against.
        """
        self._check(model, [rule for rule in model.rules if not rule.needs_whole_table], changed)
        if whole is not None:
            self._check(model, [rule for rule in model.rules if rule.needs_whole_table], whole)

    def _check(self, model: Model, rules: list[Check], rows: Rows) -> None:
        checks = {f"rule_{number}": rule for number, rule in enumerate(rules)}
        total = rows.count() if checks else 0
        if not total and not any(rule.is_of_the_table for rule in rules):
            return
        suspected = self._suspected(rows, checks)
        for key, rule in checks.items():
            self.results.append(
                self._second_look(model, rows, key, rule, total)
                if key in suspected
                else Result(model.full_name, rule, total)
            )

    def _suspected(self, rows: Rows, checks: Mapping[str, Check]) -> set[str]:
        """The checks that some row breaks, or that two values of one hash seem to."""
        found: list[str] = []
        for is_of_the_table in (False, True):
            alike = {k: r for k, r in checks.items() if r.rule != "unique" and r.is_of_the_table == is_of_the_table}
            if alike:
                found += unmet(self._batch(rows.source, rows.telling(alike)), alike)
        for key, rule in checks.items():
            # Of what occurs once there is nothing to be asked, and being asked is what costs the library time.
            if rule.rule == "unique" and (frame := rows.repeated(key, rule)) is not None:
                found += unmet(self._batch(rows.source, frame), {key: rule})
        return set(found)

    def _second_look(self, model: Model, rows: Rows, key: str, rule: Check, total: int) -> Result:
        if rule.is_of_the_table:
            frame = rows.telling({key: rule})
            (value,) = unexpected(self._batch(rows.source, frame), rule, key)
            return Result(model.full_name, rule, total, total, (f"it is {value:g}",), is_met=False)
        frame = rows.repeated(key, rule) if rule.rule == "unique" else rows.different(key, rule)
        values = unexpected(self._batch(rows.source, frame), rule, key)
        shown = [name for name in dict.fromkeys((*model.grain, *rule.about)) if names_nobody(model, name)]
        broken, examples = rows.broken(rule, values, shown)
        return Result(model.full_name, rule, total, broken, examples, is_met=broken == 0)

    def _batch(self, kind: Literal["pandas", "spark"], frame: Any) -> Any:
        return self._definition(kind).get_batch(batch_parameters={"dataframe": frame})

    def _definition(self, kind: Literal["pandas", "spark"]) -> Any:
        """What takes frames of a kind: made once, for the library writes all that it knows out at each that is made."""
        if kind not in self._definitions:
            if self._importing.ident:
                self._importing.join()
            import great_expectations as gx

            context: Any = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            add = {"pandas": context.data_sources.add_pandas, "spark": context.data_sources.add_spark}[kind]
            self._definitions[kind] = add(kind).add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
        return self._definitions[kind]
