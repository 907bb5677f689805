"""What must hold of a table: written in its ``model.yaml``, or following from its contract and its grain."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from sql.dialects import column_names

Rule = Literal["not_null", "unique", "between", "in_set", "matches", "expression", "row_count_between", "max_age_days"]
Severity = Literal["fail", "warn"]
"""``fail`` keeps the last good state in place, ``warn`` tells."""

_SAYS: dict[Rule, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "not_null": (("column",), ()),
    "unique": ((), ("column", "columns")),
    "between": (("column",), ("min", "max")),
    "in_set": (("column", "values"), ()),
    "matches": (("column", "pattern"), ()),
    "expression": (("expression",), ()),
    "row_count_between": ((), ("min", "max")),
    "max_age_days": (("column", "max"), ()),
}
"""By rule what a check has to say, and of what it says one thing at least."""

_OF_THE_TABLE = frozenset({"row_count_between", "max_age_days"})


class Check(BaseModel):
    """One quality rule. What is null breaks ``not_null`` and no other rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Rule
    severity: Severity
    column: str | None = None
    columns: tuple[str, ...] = ()
    """Of ``unique``: columns that together tell a row from all others; nulls are values here."""
    min: float | None = None
    max: float | None = None
    values: tuple[str | bool | float, ...] = ()
    pattern: str | None = None
    """A regular expression, to be found anywhere in the text."""
    expression: str | None = None
    """A condition in Trino's SQL over the columns of one row."""
    whole_table: bool = False
    """Hold it against the table as it will be, not only against the rows that change."""

    @model_validator(mode="after")
    def _says_what_its_rule_needs(self) -> "Check":
        needed, one_of = _SAYS[self.rule]
        given = {
            name for names in _SAYS.values() for name in (*names[0], *names[1]) if getattr(self, name) not in (None, ())
        }
        if missing := [name for name in needed if name not in given]:
            raise ValueError(f"the rule {self.rule} needs {' and '.join(missing)}")
        if one_of and not given & set(one_of):
            raise ValueError(f"the rule {self.rule} needs {' or '.join(one_of)}")
        if surplus := sorted(given - {*needed, *one_of}):
            raise ValueError(f"the rule {self.rule} has no use for {' and '.join(surplus)}")
        return self

    @property
    def is_of_the_table(self) -> bool:
        """Whether it is about the table as one, not about its rows."""
        return self.rule in _OF_THE_TABLE

    @property
    def needs_whole_table(self) -> bool:
        return self.whole_table or self.is_of_the_table

    @property
    def about(self) -> tuple[str, ...]:
        """The columns it names."""
        if self.expression is not None:
            return column_names(f"SELECT {self.expression}")
        return self.columns or ((self.column,) if self.column else ())

    @property
    def demand(self) -> str:
        """What must hold, in words."""
        bounds = [f"at least {self.min:,g}"] if self.min is not None else []
        bounds += [f"at most {self.max:,g}"] if self.max is not None else []
        within = " and ".join(bounds)
        match self.rule:
            case "not_null":
                return f"{self.column} must be present"
            case "unique":
                together = " together" if len(self.about) > 1 else ""
                return f"{_listed(self.about)} must be unique{together}"
            case "between":
                return f"{self.column} must be {within}"
            case "in_set":
                return f"{self.column} must be one of {', '.join(map(str, self.values))}"
            case "matches":
                return f"{self.column} must match {self.pattern}"
            case "expression":
                return f"{self.expression} must hold"
            case "row_count_between":
                return f"the number of rows must be {within}"
            case "max_age_days":
                return f"the newest {self.column} must be {within} days old"


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
