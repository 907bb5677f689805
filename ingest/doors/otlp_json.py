"""OTLP/JSON traces. Unknown fields are ignored, as the protocol demands; a malformed span is refused by itself."""

from collections.abc import Mapping
from typing import Any

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors import genai
from ingest.doors.genai import Span, SpanEvent
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES, TEXT_ATTRIBUTES
from ingest.doors.otlp import EVENTS, add_span
from ingest.doors.otlp_attribute import Attribute
from ingest.doors.otlp_export import Export
from ingest.doors.otlp_json_values import Shape, fields_of, hexadecimal, known_attributes, time_ns, walk

_SHAPE = Shape("ExportTraceServiceRequest", "resourceSpans", "scopeSpans", "spans", "spans")
_SPAN_FIELDS = ("traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "kind")


_WITH_TEXTS = {**TEXT_ATTRIBUTES, **SPAN_ATTRIBUTES}


def decode_json(body: bytes, *, with_texts: bool = False) -> Export:
    """Read an ``ExportTraceServiceRequest`` as JSON; ``with_texts`` as in ``otlp.decode_protobuf``.

    Raises:
        RequestRefused: 400 if it is no JSON or not of that shape above the spans, 413 with too many spans.
    """
    export = Export()
    for resource, span in walk(body, _SHAPE, RESOURCE_ATTRIBUTES):
        _add(export, span, genai.resource_item(resource), _WITH_TEXTS if with_texts else SPAN_ATTRIBUTES)
    return export


def _add(export: Export, span: Any, resource: dict[str, Any], known: Mapping[str, Attribute]) -> None:
    if not isinstance(span, dict):
        export.add(Refusal("invalid_span", "A span is not an object.", payload=as_text(span)))
        return
    try:
        add_span(export, fields_of(span, known), resource, _span(span), _events(span))
    except ValueError as error:
        export.add(Refusal("invalid_span", f"The span's {error}.", payload=as_text(_read_part(span))))


def _read_part(span: dict[str, Any]) -> dict[str, Any]:
    """A span without what we never read: prompts and answers may be in there, and quarantine is no place for them."""
    part = {name: span[name] for name in _SPAN_FIELDS if name in span}
    return {**part, "attributes": known_attributes(span, SPAN_ATTRIBUTES)}


def _span(span: dict[str, Any]) -> Span:
    status = span.get("status")
    return Span(
        hexadecimal(span, "traceId"),
        hexadecimal(span, "spanId"),
        hexadecimal(span, "parentSpanId"),
        time_ns(span, "startTimeUnixNano"),
        time_ns(span, "endTimeUnixNano"),
        span["kind"] if type(span.get("kind")) is int else 0,
        genai.ERROR_STATUS if isinstance(status, dict) and status.get("code") == genai.ERROR_STATUS else 0,
    )


def _events(span: dict[str, Any]) -> list[SpanEvent]:
    events = span.get("events") or []
    if not isinstance(events, list):
        raise ValueError("events are not an array")  # noqa: TRY004 - as every other value that is wrong
    named = ((e.get("name"), e) for e in events if isinstance(e, dict))
    return [
        SpanEvent(name, time_ns(event, "timeUnixNano"), fields_of(event, EVENTS[name]))
        for name, event in named
        if isinstance(name, str) and name in EVENTS
    ]
