"""What a table and a metric are."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.contracts.types import PiiClass
from sql.checks import Check
from sql.contract_tables import contract_checks


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnSpec(_Strict):
    """One column of a table. ``type`` is Trino's."""

    type: str
    unit: str | None = None
    description: str
    pii: PiiClass | None = None
    """How it touches a person, where no contract has a field of its name."""


class ReadsDays(_Strict):
    """Day D is computed from the days D - before to D + after of what is read."""

    before: int = 0
    after: int = 0


class ViewSpec(_Strict):
    """What stands beside the query of a view that looks beyond its day."""

    reads_days: ReadsDays
    follows_funnels: bool = False
    """Whether it looks no further after a day than the longest window of a funnel lasts."""
    reads_apart: dict[str, str] = Field(default_factory=dict, max_length=1)
    """A wide view that it reads, with a column of which no two values ever meet here: it may be computed for some
    values after the other, and what all of that gives be put together.
    """


EACH_MAX = 16
"""So many values, in all, the columns of ``each_of`` may have."""


class CountsPeople(_Strict):
    """How many people a table's rows are of.

    People can't be added up, as one may be in several rows. But whatever rows are put together, they are of as many
    people as the one with the most, at least.
    """

    column: str
    sum_over: tuple[str, ...] = ()
    """Columns of the grain over which they do add up, since each person has one value there."""
    each_of: tuple[str, ...] = ()
    """Columns of the grain of whose values metrics are told one at a time, grouped by or not: there must be people
    enough of each. At most :data:`EACH_MAX` values."""


class Model(_Strict):
    """A silver or gold table."""

    layer: Literal["silver", "gold"]
    name: str
    query: str
    description: str
    grain: tuple[str, ...]
    partition: str | None = None
    reads_days: ReadsDays = ReadsDays()
    columns: dict[str, ColumnSpec]
    checks: tuple[Check, ...] = ()
    published: bool = True
    """Whether the API reads it; tables that grow with every person are left to the analysts."""
    once_a_day: bool = False
    """Whether a large lake computes it with the first build of a day only, since it looks at all that ever was."""
    expires: bool = True
    """Whether it may be kept for some time only; a table that others are computed from, once more too, may not."""
    people: CountsPeople | None = None
    """Of a table that tells what people do: how many they are. Written as a column's name, or whole."""
    rollup_of: str | None = None
    """The gold table of which this one is the sums over fewer dimensions."""
    written_in: Path
    """Where the query stands, or what it follows from."""

    @field_validator("people", mode="before")
    @classmethod
    def _by_its_column(cls, said: Any) -> Any:
        return {"column": said} if isinstance(said, str) else said

    @property
    def full_name(self) -> str:
        return f"{self.layer}.{self.name}"

    @property
    def rules(self) -> tuple[Check, ...]:
        """All that must hold: what the grain means, what the contract says of each field, and the checks."""
        said = contract_checks(self.name) if self.layer == "silver" else ()
        return (Check(rule="unique", columns=self.grain, severity="fail"), *said, *self.checks)

    @property
    def is_small(self) -> bool:
        """Whether all of it can be read at every build."""
        return self.layer == "gold" and self.published and self.partition is None

    @property
    def is_daily(self) -> bool:
        """Whether a part of it can be computed anew, day by day."""
        return "day" in self.grain


class Percentile(_Strict):
    """A percentile read from a table of counts by bucket."""

    of: str
    weight: str
    rank: float = Field(gt=0, lt=1)
    where: str


class Metric(_Strict):
    """A number people speak of: one expression over one gold table."""

    name: str
    title: str
    description: str
    table: str
    expression: str | None = None
    percentile: Percentile | None = None
    unit: str
    direction: Literal["up", "down", "neutral"]
    good: float | None = None
    poor: float | None = None
    one_by_one: tuple[str, ...] = ()
    """Columns of the grain over whose values it says nothing: each is on a scale of its own."""
    means: str = ""
    """What a value tells, beyond the description; this and the next two make ``docs/analytics-interpretation.md``."""
    moved_by: str = ""
    """What makes it move."""
    to_do: str = ""
    """What to do when it moves for the worse."""

    @model_validator(mode="after")
    def _one_definition(self) -> "Metric":
        if (self.expression is None) == (self.percentile is None):
            raise ValueError("give either expression or percentile")
        return self
