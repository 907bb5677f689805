"""How fast and steady a page felt, as the browser measured it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Identifier, Text, described


class WebVital(Event):
    """A page sends a metric again as it changes, under the same ``metric_id``; the last value counts."""

    TITLE: ClassVar[str] = "Web vital"

    event_type: Literal["web_vital"] = EVENT_TYPE
    name: Literal["CLS", "FCP", "INP", "LCP", "TTFB"] = described("Core Web Vital")
    value: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = described(
        "Measured value", "milliseconds; CLS is a score without a unit"
    )
    metric_id: Identifier = described("One page load's measure; the browser library's id")
    rating: Literal["good", "needs-improvement", "poor"] | None = described(
        "The browser library's own verdict", default=None
    )
    navigation_type: Text | None = described("How the page was reached", default=None)
    page: Text | None = described("Path of the page, without query", default=None)
