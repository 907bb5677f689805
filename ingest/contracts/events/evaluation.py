"""One judgement of one answer, by a program or a person whose job it is."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Identifier, Number, Text, described


class Evaluation(Event):
    """Ties to its execution by ``execution_id``, or carries the template itself."""

    TITLE: ClassVar[str] = "Evaluation"

    event_type: Literal["evaluation"] = EVENT_TYPE
    metric: Text = described("What was judged, such as faithfulness")
    score: Number | None = described("The judgement as a number", "the metric's own scale", default=None)
    label: Text | None = described("The judgement as a word", default=None)
    passed: bool | None = described("Whether it was good enough", default=None)
    evaluator: Text | None = described("Who judged: a program's or a rota's name", default=None)
    execution_id: Identifier | None = described("event_id of the execution that was judged", default=None)
    template_id: Text | None = described("Prompt template that was judged", default=None)
    template_version: Text | None = described("Version of that template", default=None)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.score is None and self.label is None and self.passed is None:
            raise ValueError("an evaluation needs a score, a label or passed")
        return self
