"""What a report of a week or month says, before it has a form."""

from dataclasses import dataclass
from datetime import date

from dashboards.boards import Told
from dashboards.briefs.asking import Asked
from dashboards.briefs.certainty import Judged
from dashboards.briefs.drivers import Decomposition
from dashboards.briefs.periods import Period
from dashboards.reports.data import Figure as Compared
from sql.records import Metric


@dataclass(frozen=True, slots=True)
class Part:
    """A metric by the values of a dimension: decomposed where its parts add up, else beside each other."""

    dimension: str
    rows: tuple["PartRow", ...]
    decomposition: Decomposition | None
    queries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One value of a dimension. Shares are of the whole change; None where the metric's parts don't add up."""

    name: str
    now: float | None
    before: float | None
    count: float
    part: float | None = None
    rate: float | None = None
    mix: float | None = None
    share: float | None = None
    weights: tuple[float, float] | None = None
    """Of a ratio: its part of what is divided by, now and before."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of the period beside the one before."""

    told: Told
    now: float | None
    before: float | None
    earlier: tuple[float | None, ...]
    """Of the periods before, the newest first."""
    judged: Judged
    count: float
    """How many things it was counted or measured on."""
    daily: tuple[tuple[date, float | None, float | None], ...]
    """Each day of the period, its value, and that of the same weekday before."""
    parts: tuple[Part, ...]
    queries: tuple[int, ...]
    is_of_few: bool = False
    """Whether it is not told since too few people are behind it, now or before."""

    @property
    def metric(self) -> Metric:
        return self.told.metric

    @property
    def compared(self) -> Compared:
        """As what is said of any change reads it."""
        return Compared(self.metric, self.now, self.before)

    @property
    def change(self) -> float | None:
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class Status:
    """How fresh what is told is. Sentences, each of something that a reader has to know first."""

    as_of: str
    complete_through: str
    warnings: tuple[str, ...]
    trouble: str = ""
    """What stands before the subject where not all of the period is told, or the last build was refused."""


@dataclass(frozen=True, slots=True)
class Brief:
    """One report."""

    audience: str
    period: Period
    environments: tuple[str, ...]
    is_simulated: bool
    status: Status
    figures: tuple[Figure, ...]
    """Those with a value now or before, in the order in which they are read."""
    missing: tuple[Metric, ...]
    """Metrics without a value in either period."""
    asked: tuple[Asked, ...]
    nothing: str | None = None
    """Why there is nothing to tell, as a sentence."""
