"""How fast and steady a page felt, as the browser measured it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import (
    DEVICE,
    IS_BOT,
    Address,
    Device,
    Identifier,
    LongText,
    Milliseconds,
    Number,
    PagePath,
    Text,
    described,
)

_MEASURE = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_UNIT = "milliseconds; CLS is a score without a unit"


class WebVital(Event):
    """A page sends a metric again as it changes, under the same ``metric_id``; the last value counts.

    Attribution says where the time went, as far as the browser tells; the names are the same for every metric.
    """

    TITLE: ClassVar[str] = "Web vital"

    event_type: Literal["web_vital"] = EVENT_TYPE
    name: Literal["CLS", "FCP", "INP", "LCP", "TTFB"] = described("Core Web Vital")
    value: _MEASURE = described("Measured value", _UNIT)
    delta: Number | None = described("Change since the value reported before", _UNIT, default=None)
    metric_id: Identifier = described("One page load's measure; the browser library's id")
    rating: Literal["good", "needs-improvement", "poor"] | None = described(
        "The browser library's own verdict", default=None
    )
    navigation_type: Text | None = described("How the page was reached", default=None)
    page: PagePath | None = described("Path of the page, without query", default=None)
    page_view_id: Identifier | None = described("The view of that page, as behavior events name it", default=None)
    device: Device | None = DEVICE
    is_bot: bool | None = IS_BOT
    target: LongText | None = described("CSS selector of the element to blame", default=None)
    resource_url: Address | None = described("Address of the resource to blame, without query", default=None)
    load_state: Text | None = described("How far the page had loaded when it happened", default=None)
    interaction_type: Literal["pointer", "keyboard"] | None = described("What the person used", default=None)
    input_delay_ms: Milliseconds | None = described("INP: until the page began to react", "milliseconds", default=None)
    processing_ms: Milliseconds | None = described("INP: while the page reacted", "milliseconds", default=None)
    presentation_delay_ms: Milliseconds | None = described("INP: until it was seen", "milliseconds", default=None)
    time_to_first_byte_ms: Milliseconds | None = described(
        "LCP and FCP: until the first byte came", "milliseconds", default=None
    )
    resource_delay_ms: Milliseconds | None = described(
        "LCP: until the resource was asked for", "milliseconds", default=None
    )
    resource_load_ms: Milliseconds | None = described("LCP: while the resource came", "milliseconds", default=None)
    render_delay_ms: Milliseconds | None = described("LCP: until it was drawn", "milliseconds", default=None)
