"""What the routes that execute prompts take and give, as OpenAPI tells it."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from ingest.contracts.types import Identifier, Text
from serving.logic.record import RecordId
from serving.logic.templates.model import LabelName, Number, TemplateId

_ModelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]

IN_PLACE_S = 25.0
"""What may take longer is not waited for behind API Gateway, which gives up after 29 seconds."""
TIMEOUT_MAX_S = 600.0
CACHE_MAX_S = 30 * 86_400


class Fallback(BaseModel):
    """Who is asked where the first model fails."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    provider: _ModelName | None = Field(default=None, description="Default: the same as for the first model")
    model: _ModelName


class ExecuteRequest(BaseModel):
    """Which prompt, with which values, and which model is to answer."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    template_id: TemplateId | None = Field(default=None, description="Needed unless an experiment says it")
    label: LabelName | None = Field(default=None, description="The version that it points to; default production")
    version: Number | None = Field(default=None, description="The version of this number")
    experiment: RecordId | None = Field(default=None, description="The variant of this user_id")
    values: dict[str, JsonValue] = Field(default={}, description="By name; what is left out gets its default")
    provider: _ModelName | None = Field(default=None, description="Default: the first that is set up")
    model: _ModelName | None = Field(default=None, description="Default: what is set up")
    fallback: Fallback | None = None
    max_output_tokens: Annotated[int, Field(ge=1, le=200_000)] = 1_024
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="Default: the provider's own"
    )
    timeout_s: Annotated[float, Field(ge=1, le=TIMEOUT_MAX_S)] = Field(
        default=IN_PLACE_S, description="How long all of it may take, retries and fallback included, seconds"
    )
    cache_s: Annotated[int, Field(ge=1, le=CACHE_MAX_S)] | None = Field(
        default=None, description="An answer to the same prompt with the same settings is given again for so long, and "
        "an earlier one that was kept so is given now; default: never"
    )  # fmt: skip
    user_id: Text | None = None
    session_id: Text | None = None
    team: Text | None = None
    feature: Text | None = None
    trace_id: Identifier | None = None

    @model_validator(mode="after")
    def _says_one_prompt(self) -> Self:
        if sum(given is not None for given in (self.label, self.version, self.experiment)) > 1:
            raise ValueError("give one of label, version and experiment")
        if self.template_id is None and self.experiment is None:
            raise ValueError("give template_id, or an experiment")
        if self.experiment is not None and self.user_id is None:
            raise ValueError("an experiment needs the user_id that takes part")
        return self


class Tokens(BaseModel, defer_build=True):
    """Buckets of which none is part of another, but for reasoning, which is part of output."""

    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int | None = Field(description="Null where the provider does not tell it")


class Executed(BaseModel, defer_build=True):
    """An answer, and what it took."""

    execution_id: str = Field(description="The `event_id` of its event; feedback refers to it")
    template_id: str
    version: int = Field(description="The version that was rendered")
    parts: dict[str, str] = Field(description="The version of each part, by what refers to it")
    experiment: str | None = None
    variant: str | None = None
    provider: str
    model: str = Field(description="Who answered")
    requested_model: str
    is_stand_in: bool = Field(description="Whether no model is set up, and a stand-in gave the prompt back")
    text: str
    finish_reason: Literal["stop", "length", "refused"]
    tokens: Tokens | None = Field(description="Null where the provider tells none, or nonsense; or a cache answered")
    cost_usd: str | None = Field(description="A decimal; null where it has no certain price")
    latency_ms: int = Field(description="From asking to the last byte, retries included")
    is_local_cache_hit: bool
    attempts: int = Field(description="How often models were asked")
    warnings: list[str] = Field(description="Budgets that are spent")


class Waiting(BaseModel, defer_build=True):
    """An execution that has not come back yet."""

    execution_id: str
    status: Literal["running"] = "running"
    started_at: AwareDatetime
