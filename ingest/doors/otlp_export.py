"""What one OTLP request holds."""

from dataclasses import dataclass, field
from typing import Any

from ingest.contracts.validate import Refusal
from ingest.doors.body import EVENTS_MAX, too_many


@dataclass(slots=True)
class Export:
    """Events for the transform step, and a count of what is no event."""

    items: list[dict[str, Any] | Refusal] = field(default_factory=list)
    """In the order of the spans, or log records."""
    ignored: int = 0
    """Spans that are no call of a model, log records that are no evaluation. They are no events of any contract, so
    nothing counts them but this."""

    def add(self, item: dict[str, Any] | Refusal | None) -> None:
        """Take an event, or count what is none.

        Raises:
            RequestRefused: 413, for a span may carry any number of events.
        """
        if item is None:
            self.ignored += 1
            return
        if len(self.items) >= 2 * EVENTS_MAX:
            raise too_many("events")
        self.items.append(item)
