"""OTLP over HTTP: the doors for traces and logs."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ingest.delivery.delivery import Delivery
from ingest.doors import otlp, otlp_json, otlp_logs, otlp_logs_json, otlp_reply
from ingest.doors.exchange import JSON, Door, Request, Response, media_type, unsupported
from ingest.doors.otlp_export import Export

IGNORED_SPANS_HEADER = "x-promptlake-ignored-spans"
"""How many spans were no calls of a model. In a header, because exporters log what the body says as a warning."""

IGNORED_LOG_RECORDS_HEADER = "x-promptlake-ignored-log-records"
"""How many log records were no results of an evaluation."""

_TEXTS = ("prompt", "answer")
_PROTOBUF = frozenset({"application/x-protobuf", "application/protobuf"})


class _Signal(NamedTuple):
    decode_protobuf: Callable[..., Export]
    decode_json: Callable[..., Export]
    reply: otlp_reply.Reply
    ignored_header: str


_TRACES = _Signal(otlp.decode_protobuf, otlp_json.decode_json, otlp_reply.TRACES, IGNORED_SPANS_HEADER)
_LOGS = _Signal(otlp_logs.decode_protobuf, otlp_logs_json.decode_json, otlp_reply.LOGS, IGNORED_LOG_RECORDS_HEADER)


def _take(door: str, signal: _Signal, request: Request, delivery: Delivery, received_at: datetime) -> Response:
    said = media_type(request)
    as_json = said == JSON
    if not as_json and said not in _PROTOBUF:
        raise unsupported(request, "application/x-protobuf or application/json")
    decode = signal.decode_json if as_json else signal.decode_protobuf
    export = decode(request.body, with_texts=any(delivery.keeps("prompt_execution", text) for text in _TEXTS))
    outcome = delivery.take(door, export.items, received_at)
    headers = {"content-type": said}
    if export.ignored:
        headers[signal.ignored_header] = str(export.ignored)
    return Response(200, headers, otlp_reply.response(signal.reply, outcome, as_json=as_json))


def _say_no(request: Request, status: int, message: str) -> Response:
    said = media_type(request)
    as_json = said not in _PROTOBUF
    headers = {"content-type": JSON if as_json else said}
    return Response(status, headers, otlp_reply.status(message, as_json=as_json))


def traces_door(name: str) -> Door:
    """A door for OTLP traces under a name of its own in the books."""
    return Door(name, partial(_take, name, _TRACES), _say_no)


TRACES = traces_door("otlp")
LOGS = Door("otlp", partial(_take, "otlp", _LOGS), _say_no)
