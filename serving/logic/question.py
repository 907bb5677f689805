"""What an analytics endpoint answers: a list of metrics. All else follows from the catalog."""

from dataclasses import dataclass
from functools import cached_property

from sql.catalog import metrics, models
from sql.periods import DAY as DAY
from sql.records import Metric, Model

DIMENSIONS = (
    "day",
    "environment",
    "team",
    "feature",
    "template_id",
    "template_version",
    "variant",
    "provider",
    "model",
    "metric",
    "error_class",
    "page",
    "element",
    "device",
    "made_with",
    "survey",
    "question",
    "campaign",
    "email_template",
    "topic",
    "channel",
    "priority",
    "x_bin",
    "y_bin",
    "from_place",
    "to_place",
    "funnel",
    "step",
    "subject",
    "name",
    "granularity",
    "cohort",
    "age",
    "first_feature",
    "segment",
    "previous_segment",
    "calls",
    "spend",
)
"""What can be grouped by. Other columns of a grain, such as a latency bucket, are a metric's own business."""

PERSONS = {"user_id": "gold.cost_user_daily", "person": "gold.person_daily"}
"""What tells people one by one, and the table to query for it."""

CHANGES = ("previous", "delta", "ratio")
"""What a comparison says of a metric: its value then, now less then, and now as a multiple of then."""


def change_of(metric: str, change: str) -> str:
    """The column that says it."""
    return f"{metric}_{change}"


@dataclass(frozen=True)
class Batch:
    """Metrics that one query answers."""

    model: Model
    metrics: tuple[str, ...]
    one_by_one: tuple[str, ...] = ()
    """Dimensions over whose values they say nothing."""

    def lacks(self, dimensions: set[str]) -> tuple[str, ...]:
        """Those of the dimensions that the table does not have."""
        return tuple(d for d in DIMENSIONS if d in dimensions and d not in self.model.grain)


@dataclass(frozen=True)
class Question:
    """One analytics endpoint."""

    name: str
    title: str
    description: str
    metrics: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/analytics/{self.name}"

    @property
    def key(self) -> str:
        """Its name as one word."""
        return self.name.replace("/", "_")

    @property
    def schema_name(self) -> str:
        """What its answer's schemas begin with."""
        return "".join(part.title() for part in self.name.split("/"))

    @cached_property
    def is_daily(self) -> bool:
        """Whether any of its tables is by day; else all of them are as the newest build found things."""
        return any(batch.model.is_daily for batch in self.batches)

    @cached_property
    def definitions(self) -> dict[str, Metric]:
        """The metrics by name. A ``KeyError`` names one that is not in the catalog."""
        return {name: metrics()[name] for name in self.metrics}

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """The queries it takes: one a table, and one more for each distribution that percentiles are read from, and for
        what goes one by one.
        """
        found: dict[tuple[str, str | None, tuple[str, ...]], list[str]] = {}
        for name, metric in self.definitions.items():
            distribution = metric.percentile.where if metric.percentile else None
            found.setdefault((metric.table, distribution, metric.one_by_one), []).append(name)
        return tuple(Batch(models()[f"gold.{table}"], tuple(names), one) for (table, _, one), names in found.items())

    @cached_property
    def dimensions(self) -> dict[str, str]:
        """What its answer can be grouped by, with descriptions; not every metric has every one."""
        described = {}
        for dimension in DIMENSIONS:
            having = [b.model for b in self.batches if dimension in b.model.grain]
            if having:
                described[dimension] = having[0].columns[dimension].description
        return described

    @cached_property
    def filters(self) -> dict[str, str]:
        """What its answer can be restricted by, with descriptions; days are restricted by a range."""
        return {name: text for name, text in self.dimensions.items() if name != DAY}
