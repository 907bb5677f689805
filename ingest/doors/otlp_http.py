"""OTLP over HTTP: the doors for traces and logs."""

from datetime import datetime

from ingest.delivery.transform import transform
from ingest.doors import otlp_reply
from ingest.doors.exchange import JSON, Door, Request, Response, Sink, media_type, unsupported
from ingest.doors.otlp import decode_protobuf
from ingest.doors.otlp_json import decode_json

IGNORED_SPANS_HEADER = "x-promptlake-ignored-spans"
"""How many spans were no calls of a model. In a header, because exporters log what the body says as a warning."""

_PROTOBUF = frozenset({"application/x-protobuf", "application/protobuf"})


def _take_traces(request: Request, sink: Sink, received_at: datetime) -> Response:
    said = media_type(request)
    as_json = said == JSON
    if not as_json and said not in _PROTOBUF:
        raise unsupported(request, "application/x-protobuf or application/json")
    export = (decode_json if as_json else decode_protobuf)(request.body)
    outcome = transform(export.items, received_at)
    if export.items:
        sink.deliver("otlp", outcome)
    headers = {"content-type": said}
    if export.ignored:
        headers[IGNORED_SPANS_HEADER] = str(export.ignored)
    return Response(200, headers, otlp_reply.response(outcome, as_json=as_json))


def _refuse_traces(request: Request, status: int, message: str) -> Response:
    said = media_type(request)
    as_json = said not in _PROTOBUF
    headers = {"content-type": JSON if as_json else said}
    return Response(status, headers, otlp_reply.status(message, as_json=as_json))


TRACES = Door("otlp", _take_traces, _refuse_traces)
