"""OTLP traces: the spans that are calls of a model become prompt executions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from ingest.contracts.validate import Refusal
from ingest.doors import genai
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.genai import Span
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES, Attribute, place
from ingest.doors.request_refused import RequestRefused


@dataclass(slots=True)
class Export:
    """What one request holds."""

    items: list[dict[str, Any] | Refusal]
    """For the transform step, in the order of the spans."""
    ignored: int = 0
    """Spans that are no call of a model. They are no events of any contract, so nothing counts them but this."""

    def add(self, fields: dict[str, Any], resource: Mapping[str, Any], span: Span) -> None:
        item = genai.to_item(fields, resource, span)
        if item is None:
            self.ignored += 1
        else:
            self.items.append(item)


def decode_protobuf(body: bytes) -> Export:
    """Read an ``ExportTraceServiceRequest``. An empty body is an empty request, and valid.

    Raises:
        RequestRefused: 400 if it can't be decoded, 413 with too many spans.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise RequestRefused(
            400, "invalid_protobuf", "The body can't be decoded as a protobuf ExportTraceServiceRequest."
        ) from error
    if sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans) > EVENTS_MAX:
        raise too_many("spans")
    export = Export([])
    for resource_spans in request.resource_spans:
        resource = genai.resource_item(_fields(resource_spans.resource.attributes, RESOURCE_ATTRIBUTES))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                export.add(_fields(span.attributes, SPAN_ATTRIBUTES), resource, _span(span))
    return export


def _span(span: SpanMessage) -> Span:
    return Span(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        span.status.code,
    )


def _fields(attributes: Iterable[KeyValue], known: Mapping[str, Attribute]) -> dict[str, Any]:
    # The hottest loop of the house. `WhichOneof` costs more than all the rest, so the type that a value should
    # have is read first, and only what is empty, zero or of another type is looked at again.
    fields: dict[str, Any] = {}
    look_up = known.get
    for attribute in attributes:
        wanted = look_up(attribute.key)
        if wanted is None:
            continue
        field, _, fast, preferred = wanted
        value = fast(attribute)
        if not value:
            place(fields, wanted, _value(attribute.value))
        elif preferred or field not in fields:
            fields[field] = value
    return fields


def _value(value: AnyValue) -> str | int | float | bool | bytes | None:
    kind = value.WhichOneof("value")
    if kind == "array_value" and value.array_value.values:
        # Only finish reasons come as an array: one for each choice, and nearly always there is one.
        value = value.array_value.values[0]
        kind = value.WhichOneof("value")
    scalar: str | int | float | bool | bytes | None = None
    if kind is not None and kind not in ("array_value", "kvlist_value"):
        scalar = getattr(value, kind)
    return scalar
