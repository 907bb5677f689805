"""The rules of a table, judged on what is about to be committed."""

from dataclasses import dataclass
from typing import Any

from sql.checks import Check
from sql.persons import names_nobody
from sql.records import Model
from transforms.quality.judge import Judge
from transforms.quality.result import Result
from transforms.quality.rows import Rows


@dataclass(frozen=True, slots=True)
class _Question:
    model: Model
    rule: Check
    rows: Rows
    total: int
    values: list[Any]
    """On which the rule breaks if it breaks at all; of a rule that compares rows, those that occur more than once."""


class Gate:
    """Takes tables one by one, and holds them all against their rules together."""

    def __init__(self) -> None:
        self._judge = Judge()
        self._questions: list[_Question] = []
        self.results: list[Result] = []

    def warm_up(self) -> None:
        """Get ready beside whatever else is going on."""
        self._judge.warm_up()

    @property
    def failures(self) -> list[Result]:
        return [result for result in self.results if result.outcome == "failed"]

    @property
    def warnings(self) -> list[Result]:
        return [result for result in self.results if result.outcome == "warned"]

    def take(self, model: Model, changed: Rows, whole: Rows | None = None) -> None:
        """Have a table held against its rules.

        Args:
            changed: what is to be committed.
            whole: the table as it will be, which rules over the whole of it are held against.
        """
        self._take(model, [rule for rule in model.rules if not rule.needs_whole_table], changed)
        if whole is not None:
            self._take(model, [rule for rule in model.rules if rule.needs_whole_table], whole)

    def judge(self) -> list[Result]:
        """What came of all that was taken since the last time, in that order; it is in ``results`` too."""
        questions, self._questions = self._questions, []
        plain = [place for place, asked in enumerate(questions) if asked.rule.rule != "unique"]
        unmet = self._judge.unmet([(questions[place].rule, questions[place].values) for place in plain])
        # Of what occurs once there is nothing to be asked.
        doubted = {plain[place] for place in unmet} | {
            place for place, asked in enumerate(questions) if asked.rule.rule == "unique" and asked.values
        }
        found = [
            self._second_look(asked) if place in doubted else Result(asked.model.full_name, asked.rule, asked.total)
            for place, asked in enumerate(questions)
        ]
        self.results += found
        return found

    def _take(self, model: Model, rules: list[Check], rows: Rows) -> None:
        total = rows.count() if rules else 0
        # Where there is no row, none breaks a rule; that there is none may break one of the table.
        asked = {f"rule_{number}": rule for number, rule in enumerate(rules) if total or rule.is_of_the_table}
        values = {key: rows.repeated(rule) for key, rule in asked.items() if rule.rule == "unique"}
        for is_of_the_table in (False, True):
            alike = {k: r for k, r in asked.items() if k not in values and r.is_of_the_table == is_of_the_table}
            if alike:
                values |= rows.telling(alike)
        self._questions += [_Question(model, rule, rows, total, values[key]) for key, rule in asked.items()]

    def _second_look(self, asked: _Question) -> Result:
        model, rule, rows = asked.model, asked.rule, asked.rows
        if rule.is_of_the_table:
            (value,) = self._judge.unexpected(rule, asked.values)
            return Result(model.full_name, rule, asked.total, asked.total, (f"it is {value:g}",), is_met=False)
        values = self._judge.unexpected(rule, asked.values if rule.rule == "unique" else rows.different(rule))
        shown = [name for name in dict.fromkeys((*model.grain, *rule.about)) if names_nobody(model, name)]
        broken, examples = rows.broken(rule, values, shown)
        return Result(model.full_name, rule, asked.total, broken, examples, is_met=broken == 0)
