"""What a survey is."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ingest.contracts.types import Text
from serving.logic.record import Record
from serving.logic.templates.model import NAME

_Share = Annotated[float, Field(ge=0, le=1)]


class Question(BaseModel):
    """One question. Its answer comes as feedback, with the ids of the survey and of the question."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: Annotated[str, StringConstraints(pattern=NAME)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    kind: Literal["text", "number", "rating", "nps", "choice"] = Field(
        default="text", description="rating is 1 to 5, nps 0 to 10"
    )
    choices: Annotated[tuple[Text, ...], Field(max_length=50)] = Field(default=(), description="Of a choice")

    @model_validator(mode="after")
    def _choices_are_of_a_choice(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice has choices, and nothing else has")
        return self


class Audience(BaseModel):
    """Whom it is for, of the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    features: Annotated[tuple[Text, ...], Field(max_length=50)] = Field(
        default=(), description="Only while one of these is used; empty is always"
    )
    share: _Share = Field(default=1.0, description="Of all persons; always the same ones")


class SurveyTerms(BaseModel):
    """What an author sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: Annotated[str, StringConstraints(max_length=200)] = ""
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=20)]
    audience: Audience = Audience()
    sampling: _Share = Field(default=1.0, description="In how many of the moments in which it fits it is shown")
    quiet_period_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=30, description="So long nobody sees it who has seen any survey"
    )
    is_active: bool = True
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _questions_can_be_told_apart(self) -> Self:
        ids = [question.id for question in self.questions]
        if len(set(ids)) < len(ids):
            raise ValueError("each question needs an id of its own")
        return self


class Survey(SurveyTerms, Record):
    """A survey that is kept."""

    KIND = "survey"
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
