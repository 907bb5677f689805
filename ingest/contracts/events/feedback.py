"""What a person thought of an answer, said or shown."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ingest.contracts.envelope import EVENT_TYPE, Event, content_fields
from ingest.contracts.types import Identifier, LongText, Number, Text, described

VALUE_OF_KIND = {
    "rating": "rating",
    "thumb": "thumb",
    "nps": "nps",
    "survey": "answer",
    "comment": "comment",
    "implicit": "signal",
}
"""The field that each kind of feedback can't do without."""


class Feedback(Event):
    """``kind`` says which of the value fields is the point; a comment may stand beside any."""

    TITLE: ClassVar[str] = "Feedback"

    event_type: Literal["feedback"] = EVENT_TYPE
    kind: Literal["rating", "thumb", "nps", "survey", "comment", "implicit"] = described("How it was given")
    rating: Annotated[int, Field(ge=1, le=5)] | None = described("Stars given, 1 to 5", "stars", default=None)
    thumb: Literal["up", "down"] | None = described("Thumb", default=None)
    nps: Annotated[int, Field(ge=0, le=10)] | None = described(
        "Likelihood to recommend, 0 to 10", "points", default=None
    )
    signal: Literal["undo", "copy", "regenerate", "edit", "accept", "abandon"] | None = described(
        "What the person did instead of saying it", default=None
    )
    survey: Text | None = described("Survey the answer belongs to", default=None)
    question: Text | None = described("Question of that survey", default=None)
    answer: LongText | None = described("Answer to that question", pii="content", default=None)
    answer_number: Number | None = described(
        "That answer as a number, where it is one", "the question's own scale", default=None
    )
    comment: LongText | None = described("What the person wrote", pii="content", default=None)
    execution_id: Identifier | None = described("event_id of the execution it is about", default=None)
    template_id: Text | None = described("Prompt template it is about", default=None)
    template_version: Text | None = described("Version of that template", default=None)

    @model_validator(mode="after")
    def _has_its_value(self) -> Self:
        needed = VALUE_OF_KIND[self.kind]
        withheld = self.consent is not None and not self.consent.content and needed in content_fields(type(self))
        if getattr(self, needed) is None and not withheld:
            raise ValueError(f"kind {self.kind!r} needs the field {needed!r}")
        return self
