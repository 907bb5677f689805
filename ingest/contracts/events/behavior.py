"""What a person did in the product."""

from typing import ClassVar, Literal

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import (
    DEVICE,
    IS_BOT,
    Address,
    Device,
    Identifier,
    LongText,
    Milliseconds,
    PagePath,
    Percent,
    Pixels,
    Text,
    described,
)


class Behavior(Event):
    """``action`` is one of a few kinds, so that products can be compared; ``name`` says which one it was.

    A click lies at ``x_px``, ``y_px`` of a viewport of ``viewport_width_px`` by ``viewport_height_px``. A page ping
    says that the page was still seen: ``engaged_ms`` since the ping before.
    """

    TITLE: ClassVar[str] = "Behavior"

    event_type: Literal["behavior"] = EVENT_TYPE
    action: Literal[
        "session_start",
        "session_end",
        "identify",
        "page_view",
        "page_ping",
        "click",
        "feature_used",
        "content_created",
        "content_edited",
        "content_consumed",
        "experiment_exposure",
        "other",
    ] = described("Kind of act")
    name: Text | None = described("Which feature, element or content", default=None)
    page: PagePath | None = described("Path of the page, without query", default=None)
    page_view_id: Identifier | None = described("One view of that page; pings and clicks carry it too", default=None)
    title: Text | None = described("Title of the page", default=None)
    referrer: Address | None = described("Address that led here, without query", default=None)
    device: Device | None = DEVICE
    is_bot: bool | None = IS_BOT
    engaged_ms: Milliseconds | None = described("How long the page was seen", "milliseconds", default=None)
    scroll_percent: Percent | None = described("Deepest point of the page that was seen", "percent", default=None)
    element: LongText | None = described("CSS selector of what was clicked", default=None)
    x_px: Pixels | None = described("Where, from the left of the viewport", "CSS pixels", default=None)
    y_px: Pixels | None = described("Where, from the top of the viewport", "CSS pixels", default=None)
    viewport_width_px: Pixels | None = described("Width of the viewport", "CSS pixels", default=None)
    viewport_height_px: Pixels | None = described("Height of the viewport", "CSS pixels", default=None)
    content_id: Text | None = described("Content that was created, edited or consumed", default=None)
    execution_id: Identifier | None = described("event_id of the execution that made the content", default=None)
    template_id: Text | None = described("Prompt template behind the feature or content", default=None)
    template_version: Text | None = described("Version of that template", default=None)
    experiment: Text | None = described("Experiment the person was exposed to", default=None)
    variant: Text | None = described("Arm of that experiment", default=None)
