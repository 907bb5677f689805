"""AWS's own records about the owner's services, recognised by their shape and read by the mappings that ship.

Bedrock invocation logs, SES events, CloudWatch metric streams, API Gateway access logs and Lambda's REPORT lines come
bare or wrapped: by SNS, by EventBridge, or as a batch of CloudWatch Logs.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors.mapping.live import items as mapped

_REPORT = "REPORT RequestId:"
_WRAPPED_MAX = 4
"""A notification in an event in a log is as deep as AWS wraps; deeper is somebody's joke."""

_Shape = Callable[[Mapping[str, Any]], bool]
_SHAPES: Mapping[str, _Shape] = {
    "bedrock_invocation": lambda row: row.get("schemaType") == "ModelInvocationLog",
    "ses": lambda row: isinstance(row.get("mail"), dict) and ("eventType" in row or "notificationType" in row),
    "cloudwatch_metric_stream": lambda row: "metric_stream_name" in row and "metric_name" in row,
    "lambda_report": lambda row: str(row.get("message", "")).startswith(_REPORT),
    "api_gateway_access": lambda row: "requestId" in row and ("httpMethod" in row or "routeKey" in row),
}
"""Mapping by what tells its rows from any other."""


def is_text_log(text: str) -> bool:
    """Whether a text that is no JSON is a log line that we read all the same."""
    return text.lstrip().startswith(_REPORT)


def items(document: Any) -> list[Any]:
    """Contract events of one document, for the transform step.

    What no shape fits is handed on as it is, so that validation says what is missing of an event. But other lines of a
    log are no events, as spans are none that call no model, and may hold anything: they are passed over.
    """
    found: list[Any] = []
    for part, is_line in _opened(document):
        row = {"message": part} if isinstance(part, str) else part
        name = next((name for name, fits in _SHAPES.items() if isinstance(row, dict) and fits(row)), None)
        if name is not None:
            found += mapped(name, row)
        elif not is_line or isinstance(row, Refusal) or (isinstance(row, dict) and "event_type" in row):
            found.append(part)
    return found


def opened(document: Any) -> list[Any]:
    """What is in the envelopes around a document; the document itself where there are none."""
    return [part for part, _ in _opened(document)]


def _opened(document: Any, depth: int = 0, *, is_line: bool = False) -> Iterator[tuple[Any, bool]]:
    """The same, each part with whether it was a line of a log."""
    inner = _unwrapped(document) if depth < _WRAPPED_MAX else None
    if inner is None:
        yield document, is_line
        return
    for part in inner:
        yield from _opened(part, depth + 1, is_line=is_line or "logEvents" in document)


def _unwrapped(document: Any) -> list[Any] | None:
    """What an envelope of AWS holds; None where the document is none."""
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("logEvents"), list):
        # A control message only says that the subscription works, and holds no events.
        return [_logged(event, document) for event in document["logEvents"]] if _has_data(document) else []
    if document.get("Type") == "Notification" and isinstance(document.get("Message"), str):
        return [_parsed(document["Message"])]
    if "detail-type" in document and isinstance(document.get("detail"), dict):
        return [document["detail"]]
    return None


def _has_data(batch: Mapping[str, Any]) -> bool:
    return bool(batch.get("messageType", "DATA_MESSAGE") == "DATA_MESSAGE")


def _logged(event: Any, batch: Mapping[str, Any]) -> Any:
    """One log event: the JSON that its message is, or the line with what the batch says of it."""
    if not isinstance(event, dict) or not isinstance(event.get("message"), str):
        return Refusal("unknown_type", "A log event has no message.", payload=as_text(event))
    parsed = _parsed(event["message"])
    return parsed if isinstance(parsed, dict) else {**event, "logGroup": batch.get("logGroup")}


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
