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

    @cached_property
    def definitions(self) -> dict[str, Metric]:
        """The metrics by name. A ``KeyError`` names one that is not in the catalog."""
        return {name: metrics()[name] for name in self.metrics}

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """The queries it takes: one a table, and one more for each distribution that percentiles are read from."""
        found: dict[tuple[str, str | None], list[str]] = {}
        for name, metric in self.definitions.items():
            distribution = metric.percentile.where if metric.percentile else None
            found.setdefault((metric.table, distribution), []).append(name)
        return tuple(Batch(models()[f"gold.{table}"], tuple(names)) for (table, _), names in found.items())

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
