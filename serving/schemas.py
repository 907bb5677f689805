"""What goes over the wire, as OpenAPI tells it. Nothing here is typed twice: rows follow from the metric catalog,
feedback from its contract.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from ingest.contracts.events.feedback import Feedback
from serving.logic.question import CHANGES, DAY, Question, change_of
from sql.periods import Granularity


class MetricDefinition(BaseModel):
    """What a number means."""

    title: str
    description: str
    unit: str = Field(description="Unit of the value; a share is between 0 and 1")
    direction: Literal["up", "down", "neutral"] = Field(description="Which way is better")
    good: float | None = Field(description="From here on it is good; null where that depends")
    poor: float | None = Field(description="From here on it is poor; null where that depends")


class NotAvailable(BaseModel):
    """A metric that the rows do not have, because its table can't be grouped or restricted like that."""

    metric: str
    lacks: list[str] = Field(description="Dimensions that the metric does not have")
    needs: list[str] = Field(description="Dimensions that must be grouped by, or restricted to one value")


class Folded(BaseModel):
    """A metric of which some groups are of too few people to be told."""

    metric: str
    groups: int = Field(description="So many groups are not told by themselves; `other` stands for those that can be")
    has_total: bool = Field(description="False where all that is asked for is of too few people, too")


class Days(BaseModel):
    """Days, UTC, both included."""

    from_: date = Field(alias="from")
    to: date


class FeedbackRecorded(BaseModel):
    """Feedback that is stored, unless the person's consent forbids it."""

    event_id: str = Field(description="Id under which it is stored; given, or made here")


class Published(BaseModel):
    """What every answer says of its publication."""

    as_of: str = Field(description="When the numbers were computed", json_schema_extra={"format": "date-time"})
    complete_through: str = Field(
        description="The latest time such that every event received before it is in the numbers",
        json_schema_extra={"format": "date-time"},
    )


class _Made(Published):
    from_: date | None = Field(
        alias="from", description="First day of the range that was used, UTC, included; null where nothing is by day"
    )
    to: date | None = Field(description="Last day of the range that was used, UTC, included")
    compared_with: Days | None = Field(description="The days it is compared with; null without `compare`")
    data_from: date | None = Field(description="First day that has data, of any range; null where there is none at all")
    data_to: date | None = Field(description="Last day that has data, of any range")
    granularity: Granularity | None = Field(description="What `day` stands for in the rows; null without it")
    cut_off: list[date] = Field(description="First days of the weeks or months of which the range has a part only")
    group_by: list[str]
    filters: dict[str, list[str]] = Field(description="Values asked for, by dimension; an empty one means none")
    not_available: list[NotAvailable] = Field(
        description="Metrics that the rows lack; the total lacks those of them that the filters do not fit"
    )
    smallest_group: int = Field(description="A group of fewer people is told as `other`, with others beside it")
    folded: list[Folded] = Field(description="Metrics to which that has happened; no others count people")
    row_count: int = Field(description="Rows on all pages")
    next: str | None = Field(description="`cursor` of the next page; null on the last")


_CHANGES = (
    "With `compare`: the value then",
    "With `compare`: now less then; null where one of them has no data",
    "With `compare`: now as a multiple of then; null where one of them has no data, or then is 0",
)


def answer_model(question: Question) -> type[BaseModel]:
    """The answer of one endpoint, with every metric and dimension that it may hold."""
    name = question.schema_name
    values: dict[str, Any] = {
        metric.name: (
            float | None,
            Field(default=None, title=metric.title, description=f"{metric.description}. Unit: {metric.unit}."),
        )
        for metric in question.definitions.values()
    }
    values |= {
        change_of(metric.name, change): (
            float | None,
            Field(default=None, title=f"{metric.title}, {change}", description=text),
        )
        for metric in question.definitions.values()
        for change, text in zip(CHANGES, _CHANGES, strict=True)
    }
    keys: dict[str, Any] = {
        dimension: (date | None, Field(default=None, description=f"{text}; null where it is told as other"))
        if dimension == DAY
        else (str | None, Field(default=None, description=f"{text}; null where the events name none"))
        for dimension, text in question.dimensions.items()
    }
    definitions: dict[str, Any] = dict.fromkeys(question.metrics, (MetricDefinition, ...))
    total = create_model(f"{name}Total", __doc__="Over the whole range. Null where there is no data.", **values)
    row = create_model(
        f"{name}Row", __doc__="One group: the dimensions asked for, then the metrics.", **(keys | values)
    )
    return create_model(
        f"{name}Answer",
        __doc__=question.description,
        __base__=_Made,
        metrics=(create_model(f"{name}Metrics", __doc__="What the numbers mean.", **definitions), ...),
        rows=(list[row], Field(description="One page; without grouping one row, or none without data")),
        total=(total, ...),
    )


def _feedback_request() -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, info in Feedback.model_fields.items():
        if name == "event_type":
            continue  # the path says it
        if info.is_required() and name in ("event_id", "occurred_at"):
            made = "made here where absent" if name == "event_id" else "now where absent"
            optional = Field(default=None, description=f"{info.description}; {made}")
            fields[name] = (info.rebuild_annotation() | None, optional)
        else:
            fields[name] = (info.annotation, info)
    doc = "What a person thought of an answer. `kind` says which value is the point; a comment may stand beside any."
    return create_model("FeedbackRequest", __config__=ConfigDict(extra="forbid"), __doc__=doc, **fields)


FeedbackRequest = _feedback_request()
"""The feedback contract, less what the server knows."""
