"""What is told of the counts at each hand-over, as OpenAPI tells it."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field, create_model

from serving.logic.reconciliation import KEYS, counted
from serving.schemas import Published


class CountDefinition(BaseModel):
    """What is counted."""

    description: str
    unit: str | None


class Gap(BaseModel):
    """A hand-over at which more or fewer events went out than came in."""

    received_hour: str = Field(description="Hour of arrival, UTC")
    event_type: str
    door: str
    hand_over: str = Field(description="The column that is not 0")
    events: int = Field(description="Lost where above 0, too many where below")


_COUNTS: dict[str, Any] = {name: (int | None, Field(description=spec.description)) for name, spec in counted().items()}
_KEYS: dict[str, Any] = dict.fromkeys(KEYS, (str | None, None))

Counts = create_model("ReconciliationTotal", __doc__="Over the whole range. Null where nothing arrived.", **_COUNTS)
CountsRow = create_model("ReconciliationRow", __doc__="One group.", **_KEYS, **_COUNTS)


class ReconciliationAnswer(Published):
    """Whether every event received is accounted for."""

    from_: date = Field(alias="from", description="First day of arrival, UTC, included")
    to: date = Field(description="Last day of arrival, UTC, included")
    group_by: list[str]
    columns: dict[str, CountDefinition]
    reconciles: bool | None = Field(description="No hand-over has a gap; null where nothing arrived")
    gap_count: int
    gaps: list[Gap] = Field(description="By hour of arrival, at most 1,000")
    row_count: int = Field(description="Rows on all pages")
    rows: list[CountsRow]
    next: str | None = Field(description="`cursor` of the next page; null on the last")
    total: Counts
