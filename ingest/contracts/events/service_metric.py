"""How a service did: one request, one run of a function, or one minute of a metric."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Count, HttpStatus, Identifier, Measure, Milliseconds, Text, described


class ServiceMetric(Event):
    """``kind`` says what was measured: a request to an API, a run of a function, or a metric over a period."""

    TITLE: ClassVar[str] = "Service metric"

    event_type: Literal["service_metric"] = EVENT_TYPE
    kind: Literal["request", "function", "metric"] = described("What was measured")
    service: Text = described("Which API, function or namespace")
    name: Text | None = described("Which route or metric", default=None)
    dimension: Text | None = described("Which part of it, such as a queue's name", default=None)
    region: Text | None = described("Cloud region", default=None)
    request_id: Identifier | None = described("The service's own id of the request or run", default=None)
    method: Text | None = described("HTTP method", default=None)
    status_code: HttpStatus | None = described("Answer of a request", "HTTP status", default=None)
    status: Literal["ok", "error"] | None = described("Whether it worked", default=None)
    error_class: Text | None = described("Kind of failure, never its message", default=None)
    duration_ms: Milliseconds | None = described("How long it took", "milliseconds", default=None)
    billed_ms: Milliseconds | None = described("How much of it is billed", "milliseconds", default=None)
    init_ms: Milliseconds | None = described("How long a cold start took", "milliseconds", default=None)
    memory_mb: Count | None = described("Memory it was given", "MB", default=None)
    memory_used_mb: Count | None = described("Memory it used at the most", "MB", default=None)
    response_bytes: Count | None = described("Size of the answer", "bytes", default=None)
    unit: Text | None = described("Unit of the metric's values", default=None)
    samples: Measure | None = described("How many values there were", "values", default=None)
    sum: Measure | None = described("Their sum", "the metric's unit", default=None)
    min: Measure | None = described("The smallest", "the metric's unit", default=None)
    max: Measure | None = described("The largest", "the metric's unit", default=None)

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if self.kind == "metric" and (self.name is None or self.samples is None):
            raise ValueError("kind 'metric' needs the fields 'name' and 'samples'")
        return self
