"""What a report says, before it has a form: the page and the terminal render the same values."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from sql.records import Metric

SIMULATED = "simulated"
"""An environment whose name starts with this is a simulated application's; its figures never mix with real ones."""

Cell = str | int | float | Decimal | None
Verdict = Literal["good", "fair", "poor"]
Drawn = Literal["stacked", "front", "lines"]
Bucket = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number. ``previous`` is None where the period before is not wholly in the data."""

    metric: Metric
    value: float | None
    previous: float | None = None
    trend: tuple[float | None, ...] = ()
    """By bucket of time; None where there was nothing."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one layer of bars; ``tone`` is its colour: a palette number, ``good``, ``poor`` or ``rest``."""

    name: str
    values: tuple[float | None, ...]
    tone: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over time. ``stacked`` adds the series up, ``front`` draws later ones before earlier ones."""

    key: str
    title: str
    unit: str
    bucket: Bucket
    starts: tuple[date, ...]
    series: tuple[Series, ...]
    drawn: Drawn
    adds_up: bool = True
    """Whether the sum over time means something."""


@dataclass(frozen=True, slots=True)
class Column:
    """``unit`` None is text. A column with a ``metric`` is judged by its thresholds."""

    title: str
    unit: str | None = None
    description: str = ""
    metric: Metric | None = None
    has_bar: bool = False
    """Whether the share of the column's largest value is drawn beside it."""
    is_minor: bool = False
    """Whether a narrow terminal may leave it out."""


@dataclass(frozen=True, slots=True)
class Table:
    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    left_out: int = 0
    """Rows that are not shown."""
    is_wide: bool = True

    def share(self, number: int, value: Cell) -> float:
        """A value of one column as a share of the column's largest; a share stays as it is."""
        if value is None or isinstance(value, str):
            return 0.0
        if self.columns[number].unit == "share":
            return float(value)
        cells = (row[number] for row in self.rows)
        largest = max((float(cell) for cell in cells if cell is not None), default=0.0)
        return float(value) / largest if largest > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Vital:
    """One web vital: how its page loads were, and the number its thresholds are defined on."""

    metric: Metric
    good: int
    needs_improvement: int
    poor: int
    p75: float | None

    @property
    def page_loads(self) -> int:
        return self.good + self.needs_improvement + self.poor


@dataclass(frozen=True, slots=True)
class Vitals:
    title: str
    rows: tuple[Vital, ...]


Block = Chart | Table | Vitals


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Everything about the real environments, or everything about the simulated ones."""

    is_simulated: bool
    environments: tuple[str, ...]
    first: date
    last: date
    bucket: Bucket
    has_previous: bool
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    missing: tuple[str, ...]
    """One line for each thing that the data do not tell, and what would fill it."""

    def blocks(self) -> dict[str, Block]:
        """Charts and tables by key."""
        found = {}
        for block in (block for section in self.sections for block in section.blocks):
            found["vitals" if isinstance(block, Vitals) else block.key] = block
        return found


@dataclass(frozen=True, slots=True)
class ReportData:
    """One publication, told. Times are ISO 8601, UTC."""

    as_of: str
    complete_through: str
    parts: tuple[Part, ...] = ()
    reconciliation: Table | None = None
    gaps: int = field(default=0)
    """Events unaccounted for, over all hand-overs."""
