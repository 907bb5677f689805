"""What is told of experiments, as OpenAPI tells it."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from serving.schemas import MetricDefinition, Published


class SampleRatio(BaseModel):
    """Whether the arms have as many units as they should."""

    expected: dict[str, float] = Field(
        description="Share of the units by arm: by `weight`, else by its terms, else equal"
    )
    p_value: float | None = Field(description="Of Pearson's chi-squared test; null where there is nothing to compare")
    mismatch: bool | None = Field(description="p < 0.001: what sends people to arms is broken, and no result holds")


class Result(BaseModel):
    """A metric of one arm, beside the control's. All but the value is null for the control itself."""

    metric: str
    is_guardrail: bool
    value: float | None = Field(description="Over all its units; null where nothing was measured")
    difference: float | None = Field(description="Less the control's value")
    relative_difference: float | None = Field(description="The same as a share of the control's value")
    low: float | None = Field(description="Lower end of the difference's confidence interval")
    high: float | None = Field(description="Upper end")
    p_value: float | None = Field(description="Two-sided, that there is no difference; it holds if looked at once")
    verdict: Literal["better", "worse", "different", "no_difference_shown", "too_few_units", "no_data"] | None = Field(
        description="What the interval says, by the metric's direction"
    )


class Variant(BaseModel):
    """One arm."""

    variant: str
    units: int = Field(description="Persons seen in this arm and no other; a call of nobody known stands for itself")
    crossed_units: int = Field(description="Persons seen in other arms too, left out of all results")
    exposures: int = Field(description="Times that an exposure was told")
    results: list[Result]


class Experiment(BaseModel):
    """One experiment over all its days."""

    experiment: str
    environment: str
    first_day: date
    last_day: date
    control: str | None = Field(description="The arm that others are compared with; null where nobody was seen in it")
    not_judged: list[str] = Field(
        description="Metrics that its terms name and that can't be compared so, such as percentiles"
    )
    sample_ratio: SampleRatio
    variants: list[Variant]


class ExperimentsAnswer(Published):
    """Experiments, those that were seen last first."""

    confidence: float = Field(description="Of the intervals")
    metrics: dict[str, MetricDefinition]
    experiments: list[Experiment] = Field(description="None where no such experiment was seen")
    left_out: int = Field(description="Older experiments that are not told; name them with `experiment`")
