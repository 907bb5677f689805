"""What an experiment is."""

from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from serving.logic.record import Record
from serving.logic.templates.model import NAME, Number, TemplateId

MAX_VARIANTS = 10
WEIGHT_MAX = 1_000_000

MetricName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_ModelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class State(StrEnum):
    """Where an experiment is in its life."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    SHIPPED = "shipped"


class Variant(BaseModel):
    """What some of the persons get: a version of the template, a model, or both. What is left out is as without the
    experiment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[str, StringConstraints(pattern=NAME)]
    weight: Annotated[int, Field(ge=0, le=WEIGHT_MAX)] = Field(
        description="Its share is this of the sum of all weights"
    )
    version: Number | None = Field(default=None, description="Of the template; default what `production` points to")
    provider: _ModelName | None = None
    model: _ModelName | None = None


class ExperimentTerms(BaseModel):
    """What an author sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    template_id: TemplateId
    variants: Annotated[tuple[Variant, ...], Field(min_length=2, max_length=MAX_VARIANTS)] = Field(
        description="The first is the control, which everybody gets who takes part in no running experiment"
    )
    metric: MetricName = Field(description="The one metric that decides, of `sql/metrics`")
    guardrails: Annotated[tuple[MetricName, ...], Field(max_length=10)] = Field(
        default=(), description="Metrics that must not get worse"
    )
    hypothesis: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("each variant needs a name of its own")
        contents = [(variant.version, variant.provider, variant.model) for variant in self.variants]
        if len(set(contents)) < len(contents):
            raise ValueError("two variants are the same; give them other versions or models")
        if sum(variant.weight for variant in self.variants) == 0:
            raise ValueError("give at least one variant a weight over 0")
        if self.metric in self.guardrails or len(set(self.guardrails)) < len(self.guardrails):
            raise ValueError("a metric is named twice")
        return self


class Experiment(ExperimentTerms, Record):
    """An experiment that is kept."""

    KIND = "experiment"
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: State = State.DRAFT
    salt: str = Field(description="Keys the hash that assigns persons; made once")
    started_at: AwareDatetime | None = None
    stopped_at: AwareDatetime | None = None
    winner: str | None = None

    def variant(self, name: str) -> Variant | None:
        return next((one for one in self.variants if one.name == name), None)


class Assigned(NamedTuple):
    """What a person gets."""

    experiment: Experiment
    variant: Variant

    @property
    def template_id(self) -> str:
        return self.experiment.template_id

    @property
    def is_running(self) -> bool:
        """Whether the person takes part; else everybody gets this variant."""
        return self.experiment.state == State.RUNNING
