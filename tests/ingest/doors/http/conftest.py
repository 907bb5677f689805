"""A sink in memory, a fixed clock, and the shortest way to send something through the doors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

from ingest.delivery.outcome import Outcome
from ingest.doors.exchange import Request, Response
from tests.steps import handle

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START_NS = int(NOW.timestamp()) * 10**9 - 5 * 10**9 + 123_456_789
TRACE_ID = bytes(range(16))


@dataclass
class MemorySink:
    delivered: list[tuple[str, Outcome]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    fails_with: Exception | None = None

    def deliver(self, door: str, outcome: Outcome) -> None:
        if self.fails_with:
            raise self.fails_with
        self.delivered.append((door, outcome))

    def refuse(self, door: str, code: str) -> None:
        self.refused.append((door, code))

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [orjson.loads(row) for _, outcome in self.delivered for row in outcome.rows.get(table, [])]


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


Send = Callable[..., Response]


@pytest.fixture
def send(sink: MemorySink) -> Send:
    """POST a body; keyword arguments are headers, with ``_`` for ``-``."""

    def _send(path: str, body: bytes, method: str = "POST", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return handle(Request(method, path, named, body), sink, lambda: NOW)

    return _send


def any_value(value: Any) -> AnyValue:
    match value:
        case AnyValue():
            return value
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[any_value(v) for v in value]))
        case _:
            return AnyValue(string_value=value)


def key_values(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def build_export(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> ExportTraceServiceRequest:
    """A request with one span for each set of attributes; a key in capitals sets a field of the span itself."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(resource or {}))
    scope = resource_spans.scope_spans.add()
    for number, given in enumerate(spans, start=1):
        span = scope.spans.add()
        span.trace_id = given.get("TRACE_ID", TRACE_ID)
        span.span_id = given.get("SPAN_ID", number.to_bytes(8, "big"))
        span.start_time_unix_nano = given.get("START", START_NS)
        span.end_time_unix_nano = given.get("END", START_NS + 1_500_400_000)
        span.kind = given.get("KIND", 3)
        span.status.code = given.get("STATUS", 0)
        span.attributes.extend(key_values({k: v for k, v in given.items() if not k.isupper()}))
    return request


@pytest.fixture
def export() -> Callable[..., ExportTraceServiceRequest]:
    return build_export
