"""Answers as OTLP/HTTP wants them: in the encoding of the request, errors as ``google.rpc.Status``.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md#otlphttp-response
"""

from collections.abc import Callable
from typing import NamedTuple

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status as MessageInField2

from ingest.delivery.outcome import Outcome

_REASONS_SHOWN = 3


class Reply(NamedTuple):
    """How one signal's partial success is told."""

    json_name: str
    what: str
    to_protobuf: Callable[[int, str], bytes]


def _traces(rejected: int, message: str) -> bytes:
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
    return bytes(ExportTraceServiceResponse(partial_success=partial).SerializeToString())


def _logs(rejected: int, message: str) -> bytes:
    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
    return bytes(ExportLogsServiceResponse(partial_success=partial).SerializeToString())


TRACES = Reply("rejectedSpans", "span", _traces)
LOGS = Reply("rejectedLogRecords", "log record", _logs)


def response(reply: Reply, outcome: Outcome, *, as_json: bool) -> bytes:
    """The answer to an export; ``partial_success`` is set only where something was refused."""
    rejected = len(outcome.refusals)
    if not rejected:
        return b"{}" if as_json else b""
    message = _reasons(outcome, reply.what)
    if as_json:  # 64-bit integers are strings in protobuf's JSON
        return orjson.dumps({"partialSuccess": {reply.json_name: str(rejected), "errorMessage": message}})
    return reply.to_protobuf(rejected, message)


def status(message: str, *, as_json: bool) -> bytes:
    """A ``google.rpc.Status`` with its message only: OTLP uses no code."""
    if as_json:
        return orjson.dumps({"message": message})
    # The package with google.rpc is not worth installing for this: OTLP's own Status, too, has its message in field 2.
    return bytes(MessageInField2(message=message).SerializeToString())


def _reasons(outcome: Outcome, what: str) -> str:
    seen: dict[str, str | None] = {}
    for _, refusal in outcome.refusals:
        seen.setdefault(refusal.message, refusal.event_id)
        if len(seen) == _REASONS_SHOWN:
            break
    reasons = " ".join(f"{event_id or f'a {what}'}: {message}" for message, event_id in seen.items())
    return f"{len(outcome.refusals)} {what}s were refused and are kept in quarantine, first reasons: {reasons}"
