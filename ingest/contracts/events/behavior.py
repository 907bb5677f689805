"""What a person did in the product."""

from typing import ClassVar, Literal

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Text, described


class Behavior(Event):
    """``action`` is one of a few kinds, so that products can be compared; ``name`` says which one it was."""

    TITLE: ClassVar[str] = "Behavior"

    event_type: Literal["behavior"] = EVENT_TYPE
    action: Literal[
        "session_start",
        "session_end",
        "page_view",
        "page_ping",
        "click",
        "feature_used",
        "content_created",
        "content_consumed",
        "experiment_exposure",
        "other",
    ] = described("Kind of act")
    name: Text | None = described("Which feature, element or content", default=None)
    page: Text | None = described("Path of the page, without query", default=None)
    experiment: Text | None = described("Experiment the person was exposed to", default=None)
    variant: Text | None = described("Arm of that experiment", default=None)
