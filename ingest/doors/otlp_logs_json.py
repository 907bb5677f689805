"""OTLP/JSON logs. A record that is malformed is refused by itself, if it may be one that we want."""

from typing import Any

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors.genai_attributes import RESOURCE_ATTRIBUTES
from ingest.doors.otlp_export import Export
from ingest.doors.otlp_json_values import Shape, fields_of, hexadecimal, known_attributes, time_ns, walk
from ingest.doors.otlp_logs import EVALUATION_ATTRIBUTES, may_be_evaluation, to_item

_SHAPE = Shape("ExportLogsServiceRequest", "resourceLogs", "scopeLogs", "logRecords", "log records")
_RECORD_FIELDS = ("traceId", "spanId", "timeUnixNano", "observedTimeUnixNano", "eventName")


def decode_json(body: bytes, *, with_texts: bool = False) -> Export:  # noqa: ARG001 - an evaluation has none
    """Read an ``ExportLogsServiceRequest`` as JSON.

    Raises:
        RequestRefused: 400 if it is no JSON or not of that shape above the log records, 413 with too many of them.
    """
    export = Export()
    for resource, record in walk(body, _SHAPE, RESOURCE_ATTRIBUTES):
        export.add(_item(record, resource))
    return export


def _item(record: Any, resource: dict[str, Any]) -> dict[str, Any] | Refusal | None:
    if not isinstance(record, dict):
        return Refusal("invalid_log_record", "A log record is not an object.", payload=as_text(record))
    name = record.get("eventName") or ""
    if not isinstance(name, str) or not may_be_evaluation(name):
        return None
    try:
        when_ns = time_ns(record, "timeUnixNano") or time_ns(record, "observedTimeUnixNano")
        ids = hexadecimal(record, "traceId"), hexadecimal(record, "spanId")
        return to_item(name, fields_of(record, EVALUATION_ATTRIBUTES), resource, *ids, when_ns)
    except ValueError as error:
        return Refusal("invalid_log_record", f"The log record's {error}.", payload=as_text(_read_part(record)))


def _read_part(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its body and what else may be free text."""
    part = {name: record[name] for name in _RECORD_FIELDS if name in record}
    return {**part, "attributes": known_attributes(record, EVALUATION_ATTRIBUTES)}
