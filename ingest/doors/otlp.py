"""OTLP traces: the spans that are calls of a model become prompt executions, evaluations on spans evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from ingest.doors import genai, genai_evaluation
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.genai import Span, SpanEvent
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES, TEXT_ATTRIBUTES
from ingest.doors.otlp_attribute import Attribute, read
from ingest.doors.otlp_export import Export
from ingest.doors.otlp_raw import RawReader, with_raw_attributes
from ingest.doors.request_refused import RequestRefused

EVENTS: Mapping[str, Mapping[str, Attribute]] = {
    **genai.EVENTS,
    genai_evaluation.EVENT_NAME: genai_evaluation.ATTRIBUTES,
}
"""Events on a span that we look into, and which of their attributes we read."""


_Request = with_raw_attributes(
    trace_service_pb2.ExportTraceServiceRequest, "Span", resource_pb2, trace_pb2, trace_service_pb2
)
_without_texts = RawReader(SPAN_ATTRIBUTES)
_with_texts = RawReader({**TEXT_ATTRIBUTES, **SPAN_ATTRIBUTES})


def decode_protobuf(body: bytes, *, with_texts: bool = False) -> Export:
    """Read an ``ExportTraceServiceRequest``. An empty body is an empty request, and valid.

    Args:
        body: as it was sent, uncompressed.
        with_texts: what models were given and answered is wanted too.

    Raises:
        RequestRefused: 400 if it can't be decoded, 413 with too many spans.
    """
    try:
        return _export(_Request.FromString(body), _with_texts if with_texts else _without_texts)
    except DecodeError as error:
        raise RequestRefused(
            400, "invalid_protobuf", "The body can't be decoded as a protobuf ExportTraceServiceRequest."
        ) from error


def _export(request: Any, reader: RawReader) -> Export:
    if sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans) > EVENTS_MAX:
        raise too_many("spans")
    export = Export()
    for resource_spans in request.resource_spans:
        resource = genai.resource_item(read(resource_spans.resource.attributes, RESOURCE_ATTRIBUTES))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                events = _events(span) if span.events else ()
                add_span(export, reader.read(span.attributes), resource, _span(span), events)
    return export


def add_span(
    export: Export, fields: dict[str, Any], resource: Mapping[str, Any], span: Span, events: Sequence[SpanEvent]
) -> None:
    """Add what a span tells: the call that it is, or that it is none, and the evaluations that its events are."""
    if events:
        genai.add_events(fields, span.start_ns, events)
    export.add(genai.to_item(fields, resource, span))
    for event in events:
        if event.name == genai_evaluation.EVENT_NAME:
            judged = genai_evaluation.to_item(event.fields, resource, span.trace_id, span.span_id, event.time_ns)
            export.add(judged)


def _span(span: Any) -> Span:
    return Span(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        span.status.code,
    )


def _events(span: Any) -> list[SpanEvent]:
    return [
        SpanEvent(event.name, event.time_unix_nano, read(event.attributes, EVENTS[event.name]))
        for event in span.events
        if event.name in EVENTS
    ]
