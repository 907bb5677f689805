"""What a rule found."""

from dataclasses import dataclass
from typing import Literal

from sql.checks import Check

Outcome = Literal["passed", "warned", "failed"]


@dataclass(frozen=True, slots=True)
class Result:
    """One rule over what is about to be committed of one table."""

    table: str
    check: Check
    rows: int
    """How many rows were held against it."""
    broken: int = 0
    """How many of them break it; of a rule of the table itself, all of them or none."""
    examples: tuple[str, ...] = ()
    """Rows that break it, by their grain, without what points to a person; else what the table has instead."""
    is_met: bool = True

    @property
    def outcome(self) -> Outcome:
        if self.is_met:
            return "passed"
        return "failed" if self.check.severity == "fail" else "warned"

    @property
    def sentence(self) -> str:
        """Table, rule and example rows of a rule that is broken."""
        demand = f"{self.table}: {self.check.demand}"
        if self.check.is_of_the_table:
            return f"{demand}, but {' and '.join(self.examples)}."
        shown = f", for example {'; '.join(self.examples)}" if self.examples else ""
        return f"{demand}, but {self.broken} of {self.rows} rows break it{shown}."
