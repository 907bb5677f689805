"""Answers as OTLP/HTTP wants them: in the encoding of the request, errors as ``google.rpc.Status``.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/docs/specification.md#otlphttp-response
"""

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Status as MessageInField2

from ingest.delivery.transform import Outcome

_REASONS_SHOWN = 3


def response(outcome: Outcome, *, as_json: bool) -> bytes:
    """An ``ExportTraceServiceResponse``; ``partial_success`` is set only where spans were refused."""
    rejected = len(outcome.refusals)
    if not rejected:
        return b"{}" if as_json else b""
    message = _reasons(outcome)
    if as_json:  # 64-bit integers are strings in protobuf's JSON
        return orjson.dumps({"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}})
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = rejected
    answer.partial_success.error_message = message
    return bytes(answer.SerializeToString())


def status(message: str, *, as_json: bool) -> bytes:
    """A ``google.rpc.Status`` with its message only: OTLP uses no code."""
    if as_json:
        return orjson.dumps({"message": message})
    # The package with google.rpc is not worth installing for this: OTLP's own Status, too, has its message in field 2.
    return bytes(MessageInField2(message=message).SerializeToString())


def _reasons(outcome: Outcome) -> str:
    seen: dict[str, str | None] = {}
    for _, refusal in outcome.refusals:
        seen.setdefault(refusal.message, refusal.event_id)
        if len(seen) == _REASONS_SHOWN:
            break
    reasons = " ".join(f"{event_id or 'a span'}: {message}" for message, event_id in seen.items())
    return f"{len(outcome.refusals)} spans were refused and are kept in quarantine, first reasons: {reasons}"
