"""OTLP/JSON: protobuf's JSON mapping with hex ids, enums as numbers and 64-bit integers as strings or numbers.

Unknown fields are ignored, as the protocol demands. A span that is malformed by itself is refused by itself.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors import genai
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.genai import Span
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES, Attribute, place
from ingest.doors.otlp import Export
from ingest.doors.request_refused import RequestRefused

_SPAN_FIELDS = ("traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "kind")
# JSON has no word for infinity and no number, so protobuf writes them as strings.
_SCALARS = {"stringValue": (str,), "doubleValue": (float, int, str), "boolValue": (bool,)}
_UINT64 = range(2**64)
_INT64 = range(-(2**63), 2**63)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]*", re.ASCII)


def decode_json(body: bytes) -> Export:
    """Read an ``ExportTraceServiceRequest`` as JSON.

    Raises:
        RequestRefused: 400 if it is no JSON or not of that shape above the spans, 413 with too many spans.
    """
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, "invalid_json", f"The body is not JSON: {error}.") from error
    if not isinstance(request, dict):
        raise _misshapen("The body", "an object")
    export = Export([])
    seen = 0
    for resource_spans in _objects(request, "resourceSpans"):
        resource = _resource(resource_spans)
        for scope_spans in _objects(resource_spans, "scopeSpans"):
            spans = _list(scope_spans, "spans")
            seen += len(spans)
            if seen > EVENTS_MAX:
                raise too_many("spans")
            for span in spans:
                _add(export, span, resource)
    return export


def _resource(resource_spans: dict[str, Any]) -> dict[str, Any]:
    resource = resource_spans.get("resource") or {}
    if not isinstance(resource, dict):
        raise _misshapen("resource", "an object")
    try:
        return genai.resource_item(_fields(resource, RESOURCE_ATTRIBUTES))
    except ValueError as error:
        raise RequestRefused(400, "invalid_json", f"The resource's {error}.") from error


def _add(export: Export, span: Any, resource: Mapping[str, Any]) -> None:
    if not isinstance(span, dict):
        export.items.append(Refusal("invalid_span", "A span is not an object.", payload=as_text(span)))
        return
    try:
        export.add(_fields(span, SPAN_ATTRIBUTES), resource, _span(span))
    except ValueError as error:
        export.items.append(Refusal("invalid_span", f"The span's {error}.", payload=as_text(_read_part(span))))


def _read_part(span: dict[str, Any]) -> dict[str, Any]:
    """A span without what we never read: prompts and answers may be in there, and quarantine is no place for them."""
    part = {name: span[name] for name in _SPAN_FIELDS if name in span}
    if isinstance(span.get("attributes"), list):
        known = (a for a in span["attributes"] if isinstance(a, dict))
        part["attributes"] = [a for a in known if isinstance(a.get("key"), str) and a["key"] in SPAN_ATTRIBUTES]
    return part


def _span(span: dict[str, Any]) -> Span:
    status = span.get("status")
    return Span(
        _hex(span, "traceId"),
        _hex(span, "spanId"),
        _hex(span, "parentSpanId"),
        _integer(span.get("startTimeUnixNano") or 0, "startTimeUnixNano", _UINT64),
        _integer(span.get("endTimeUnixNano") or 0, "endTimeUnixNano", _UINT64),
        span["kind"] if type(span.get("kind")) is int else 0,
        genai.ERROR_STATUS if isinstance(status, dict) and status.get("code") == genai.ERROR_STATUS else 0,
    )


def _fields(owner: dict[str, Any], known: Mapping[str, Attribute]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    attributes = owner.get("attributes") or []
    if not isinstance(attributes, list):
        raise ValueError("attributes are not an array")  # noqa: TRY004 - as every other value that is wrong
    for attribute in attributes:
        key = attribute.get("key") if isinstance(attribute, dict) else None
        wanted = known.get(key) if isinstance(key, str) else None
        if wanted is not None:
            place(fields, wanted, _value(attribute.get("value"), key))
    return fields


def _value(value: Any, key: Any) -> str | int | float | bool | None:
    if isinstance(value, dict) and isinstance(value.get("arrayValue"), dict):
        values = value["arrayValue"].get("values")
        value = values[0] if values and isinstance(values, list) else None  # as in the protobuf encoding
    if not isinstance(value, dict):
        return None
    if "intValue" in value:
        return _integer(value["intValue"], key, _INT64)
    for kind, types in _SCALARS.items():
        if kind in value:
            scalar: str | int | float | bool = value[kind]
            if type(scalar) not in types:
                raise ValueError(f"{key} is not what {kind} should be")
            return scalar
    return None


def _integer(value: Any, name: str, allowed: range) -> int:
    if (isinstance(value, str) and _INTEGER.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if type(value) is not int or value not in allowed:
        raise ValueError(f"{name} is not an integer of 64 bits")
    return value


def _hex(span: dict[str, Any], name: str) -> str:
    value = span.get(name) or ""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError(f"{name} is not written in hexadecimal digits")
    return value.lower()


def _list(owner: dict[str, Any], name: str) -> list[Any]:
    value = owner.get(name) or []
    if not isinstance(value, list):
        raise _misshapen(name, "an array")
    return value


def _objects(owner: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    for value in _list(owner, name):
        if not isinstance(value, dict):
            raise _misshapen(f"An element of {name}", "an object")
        yield value


def _misshapen(what: str, wanted: str) -> RequestRefused:
    return RequestRefused(
        400, "invalid_json", f"{what} is not {wanted}, as an OTLP/JSON ExportTraceServiceRequest has it."
    )
