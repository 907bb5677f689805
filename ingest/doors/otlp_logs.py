"""OTLP logs: the records that are results of an evaluation become evaluations."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from ingest.doors import genai_evaluation
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES
from ingest.doors.otlp_attribute import Attribute, read, text
from ingest.doors.otlp_export import Export
from ingest.doors.request_refused import RequestRefused

EVALUATION_ATTRIBUTES: Mapping[str, Attribute] = {
    **genai_evaluation.ATTRIBUTES,
    # Before a record had a field for its event's name.
    "event.name": text("event_name"),
}


def decode_protobuf(body: bytes, *, with_texts: bool = False) -> Export:  # noqa: ARG001 - an evaluation has none
    """Read an ``ExportLogsServiceRequest``. An empty body is an empty request, and valid.

    Raises:
        RequestRefused: 400 if it can't be decoded, 413 with too many log records.
    """
    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError as error:
        raise RequestRefused(
            400, "invalid_protobuf", "The body can't be decoded as a protobuf ExportLogsServiceRequest."
        ) from error
    if sum(len(s.log_records) for r in request.resource_logs for s in r.scope_logs) > EVENTS_MAX:
        raise too_many("log records")
    export = Export()
    for resource_logs in request.resource_logs:
        resource = read(resource_logs.resource.attributes, RESOURCE_ATTRIBUTES)
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                export.add(_item(record, resource))
    return export


def may_be_evaluation(event_name: str) -> bool:
    """Whether a record with this name in its own field is worth a look at its attributes."""
    return event_name in ("", genai_evaluation.EVENT_NAME)


def to_item(
    event_name: str, fields: dict[str, Any], resource: Mapping[str, Any], trace_id: str, span_id: str, time_ns: int
) -> dict[str, Any] | None:
    """An ``evaluation``, or None where the record is none; arguments as of ``genai_evaluation.to_item``."""
    attribute = fields.pop("event_name", None)
    if (event_name or attribute) != genai_evaluation.EVENT_NAME:
        return None
    return genai_evaluation.to_item(fields, resource, trace_id, span_id, time_ns)


def _item(record: LogRecord, resource: Mapping[str, Any]) -> dict[str, Any] | None:
    if not may_be_evaluation(record.event_name):
        return None
    time_ns = record.time_unix_nano or record.observed_time_unix_nano
    fields = read(record.attributes, EVALUATION_ATTRIBUTES)
    return to_item(record.event_name, fields, resource, record.trace_id.hex(), record.span_id.hex(), time_ns)
