"""The HTTP doors without any transport, so that the embedded server and a Lambda share them.

``POST /v1/events`` takes our own format, ``POST /v1/traces`` OTLP.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple, Protocol

import orjson

from ingest.delivery.transform import Outcome, transform
from ingest.doors import native, otlp_reply
from ingest.doors.body import decompress
from ingest.doors.otlp import decode_protobuf
from ingest.doors.otlp_json import decode_json
from ingest.doors.request_refused import RequestRefused

EVENTS_PATH = "/v1/events"
TRACES_PATH = "/v1/traces"
NO_DOOR = "http"
"""Under this name a request is booked that found no door."""

RETRY_AFTER_S = 5
IGNORED_SPANS_HEADER = "x-promptlake-ignored-spans"
"""How many spans were no calls of a model. In a header, because exporters log what the body says as a warning."""

_PROBLEM = "application/problem+json"
_LINES = frozenset({"application/x-ndjson", "application/jsonl"})
_UNSAID = frozenset({"", "application/x-www-form-urlencoded"})  # curl's -d says the latter of whatever it sends
_NATIVE = frozenset({otlp_reply.JSON, "text/plain"}) | _LINES | _UNSAID
_PROTOBUF = frozenset({"application/x-protobuf", "application/protobuf"})


class Unavailable(Exception):
    """Delivery can't take anything now, for a reason that passes. The message is one sentence."""


class Request(NamedTuple):
    """``headers`` have lower-case names; ``body`` is as it was sent, still compressed."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class Sink(Protocol):
    """What the wiring gives."""

    def deliver(self, door: str, outcome: Outcome) -> None:
        """Return once the batch is on disk; raise ``OSError`` or ``Unavailable`` if it can't be."""

    def refuse(self, door: str, code: str) -> None:
        """Book one refused request; raise the same if that can't be."""


class Door(NamedTuple):
    """One path: its name in the books, how it takes a body, and how it says no."""

    name: str
    take: Callable[[Request, Sink, datetime], Response]
    say_no: Callable[[Request, int, str], Response]


def handle(request: Request, sink: Sink, now: Callable[[], datetime]) -> Response:
    """Answer one request. Raises nothing but what is wrong with the program.

    The answer is 5xx (503 with Retry-After) only where the sink fails; then nothing was taken.

    Args:
        now: gives the arrival time, aware.
    """
    try:
        door = _find(request)
        body = decompress(request.body, request.headers.get("content-encoding", ""))
        return door.take(request._replace(body=body), sink, now())
    except RequestRefused as refused:
        return refuse(request, refused, sink)
    except (OSError, Unavailable) as error:
        return _unavailable(request, error)


def _find(request: Request) -> Door:
    door = _door(request)
    if door is None:
        known = " and ".join(f"POST {path}" for path in DOORS)
        raise RequestRefused(404, "unknown_path", f"There is no {request.path[:80]!a}; there are {known}.")
    if request.method != "POST":
        message = f"This path takes POST, not {request.method[:20]!a}."
        raise RequestRefused(405, "wrong_method", message, {"allow": "POST"})
    return door


def _door(request: Request) -> Door | None:
    return DOORS.get(request.path.partition("?")[0])


def refuse(request: Request, refused: RequestRefused, sink: Sink) -> Response:
    """Book a refused request and answer it in the form of its door. Also for a server that stops before the body."""
    door = _door(request)
    try:
        sink.refuse(door.name if door else NO_DOOR, refused.code)
    except (OSError, Unavailable) as error:
        return _unavailable(request, error)
    say_no = door.say_no if door else _problem
    answer = say_no(request, refused.status, refused.message)
    return answer._replace(headers=answer.headers | refused.headers)


def _unavailable(request: Request, error: Exception) -> Response:
    door = _door(request)
    say_no = door.say_no if door else _problem
    reason = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
    answer = say_no(request, 503, f"Nothing was taken, because it could not be stored ({reason}); send it again later.")
    return answer._replace(headers=answer.headers | {"retry-after": str(RETRY_AFTER_S)})


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unsupported(request: Request, accepted: str) -> RequestRefused:
    given = request.headers.get("content-type", "")[:60]
    return RequestRefused(415, "unknown_content_type", f"Content-Type {given!a} is not accepted; send {accepted}.")


def _take_events(request: Request, sink: Sink, received_at: datetime) -> Response:
    """Answer 200 where all was stored, else 207: the good events are stored, so a 4xx would be untrue of them, and
    a client that repeats on an error would repeat the bad ones for ever.
    """
    media_type = _media_type(request)
    if media_type not in _NATIVE:
        accepted = "application/json, application/x-ndjson, application/jsonl or text/plain"
        raise _unsupported(request, accepted)
    outcome = transform(native.decode(request.body, by_line=media_type in _LINES), received_at)
    if outcome.received:
        sink.deliver("native", outcome)
    errors = [
        {"index": index, "event_id": refusal.event_id, "code": refusal.code, "message": refusal.message}
        for index, refusal in outcome.refusals
    ]
    answer = {
        "received": outcome.received.total(),
        "stored": outcome.accepted,
        "quarantined": outcome.quarantined.total(),
        "dropped": outcome.dropped.total(),
        "errors": errors,
    }
    return Response(207 if errors else 200, {"content-type": otlp_reply.JSON}, orjson.dumps(answer))


def _problem(_: Request, status: int, message: str) -> Response:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
    return Response(status, {"content-type": _PROBLEM}, orjson.dumps(document))


def _take_traces(request: Request, sink: Sink, received_at: datetime) -> Response:
    media_type = _media_type(request)
    as_json = media_type == otlp_reply.JSON
    if not as_json and media_type not in _PROTOBUF:
        raise _unsupported(request, "application/x-protobuf or application/json")
    export = (decode_json if as_json else decode_protobuf)(request.body)
    outcome = transform(export.items, received_at)
    if export.items:
        sink.deliver("otlp", outcome)
    headers = {"content-type": media_type}
    if export.ignored:
        headers[IGNORED_SPANS_HEADER] = str(export.ignored)
    return Response(200, headers, otlp_reply.response(outcome, as_json=as_json))


def _refuse_traces(request: Request, status: int, message: str) -> Response:
    media_type = _media_type(request)
    as_json = media_type not in _PROTOBUF
    headers = {"content-type": otlp_reply.JSON if as_json else media_type}
    return Response(status, headers, otlp_reply.status(message, as_json=as_json))


DOORS: Mapping[str, Door] = {
    EVENTS_PATH: Door("native", _take_events, _problem),
    TRACES_PATH: Door("otlp", _take_traces, _refuse_traces),
}
"""Every path there is."""
