"""The HTTP doors without any transport, so that the embedded server and a Lambda share them."""

from collections.abc import Callable
from datetime import datetime

from ingest.delivery.unavailable import Unavailable
from ingest.doors import origins
from ingest.doors.body import decompress
from ingest.doors.exchange import Door, Request, Response, Sink, problem
from ingest.doors.origins import LOOPBACK_ONLY, Origins
from ingest.doors.request_refused import RequestRefused
from ingest.doors.routes import KNOWN, find

NO_DOOR = "http"
"""Under this name a request is booked that found no door."""

RETRY_AFTER_S = 5


def handle(request: Request, sink: Sink, now: Callable[[], datetime], allowed: Origins = LOOPBACK_ONLY) -> Response:
    """Answer one request. Raises nothing but what is wrong with the program.

    The answer is 5xx (503 with Retry-After) only where the sink fails; then nothing was taken.

    Args:
        now: gives the arrival time, aware.
        allowed: whose pages may send.
    """
    answer = _answer(request, sink, now, allowed)
    return answer._replace(headers={**answer.headers, **origins.share(request, allowed)})


def _answer(request: Request, sink: Sink, now: Callable[[], datetime], allowed: Origins) -> Response:
    try:
        origins.check(request, allowed)
        door = _door(request)
        if origins.is_preflight(request):
            return origins.preflight(request, door)
        body = decompress(request.body, request.headers.get("content-encoding", ""))
        return door.take(request._replace(body=body), sink, now())
    except RequestRefused as refused:
        return _refuse(request, refused, sink)
    except (OSError, Unavailable) as error:
        return _unavailable(request, error)


def _door(request: Request) -> Door:
    door = find(request)
    if door is None:
        known = ", ".join(KNOWN)
        raise RequestRefused(404, "unknown_path", f"There is no {request.path[:80]!a}; there are {known}.")
    if request.method not in door.methods and not origins.is_preflight(request):
        takes = ", ".join(door.methods)
        message = f"This path takes {takes}, not {request.method[:20]!a}."
        raise RequestRefused(405, "wrong_method", message, {"allow": takes})
    return door


def refuse(request: Request, refused: RequestRefused, sink: Sink, allowed: Origins = LOOPBACK_ONLY) -> Response:
    """Book a refused request and answer it in the form of its door: for a server that stops before the body."""
    answer = _refuse(request, refused, sink)
    return answer._replace(headers={**answer.headers, **origins.share(request, allowed)})


def _refuse(request: Request, refused: RequestRefused, sink: Sink) -> Response:
    door = find(request)
    try:
        sink.refuse(door.name if door else NO_DOOR, refused.code)
    except (OSError, Unavailable) as error:
        return _unavailable(request, error)
    say_no = door.say_no if door else problem
    answer = say_no(request, refused.status, refused.message)
    return answer._replace(headers=answer.headers | refused.headers)


def _unavailable(request: Request, error: Exception) -> Response:
    door = find(request)
    say_no = door.say_no if door else problem
    reason = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
    answer = say_no(request, 503, f"Nothing was taken, because it could not be stored ({reason}); send it again later.")
    return answer._replace(headers=answer.headers | {"retry-after": str(RETRY_AFTER_S)})
