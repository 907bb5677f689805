"""The HTTP doors without any transport, so that the embedded server and a Lambda share them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from ingest.delivery.delivery import Delivery
from ingest.delivery.scope import Scope
from ingest.delivery.unavailable import Unavailable
from ingest.doors import origins
from ingest.doors.access.gate import Gate
from ingest.doors.access.grants import NoKeys
from ingest.doors.body import decompress
from ingest.doors.exchange import Door, Request, Response, problem
from ingest.doors.origins import LOOPBACK_ONLY, Origins
from ingest.doors.request_refused import NotLetIn, RequestRefused
from ingest.doors.routes import KNOWN, find

NO_DOOR = "http"
"""Under this name a request is booked that found no door."""

RETRY_AFTER_S = 5


@dataclass(frozen=True)
class Doors:
    """All of them.

    Args:
        delivery: stands behind each.
        now: gives the arrival time, aware.
        allowed: whose pages may send.
        gate: who may send.
    """

    delivery: Delivery
    now: Callable[[], datetime]
    allowed: Origins = LOOPBACK_ONLY
    gate: Gate = field(default_factory=lambda: Gate(NoKeys()))

    def answer(self, request: Request) -> Response:
        """Answer one request. Raises nothing but what is wrong with the program.

        The answer is 5xx (503 with Retry-After) only where the delivery fails; then nothing was taken.
        """
        try:
            answer = self._answer(request)
        except RequestRefused as refused:
            answer = self._say_no(request, refused)
        except (OSError, Unavailable) as error:
            return self.unavailable(request, error)
        return self._shared(request, answer)

    def refuse(self, request: Request, refused: RequestRefused) -> Response:
        """Book a refused request and answer it in the form of its door: for a server that stops before the body."""
        return self._shared(request, self._say_no(request, refused))

    def unavailable(self, request: Request, error: OSError | Unavailable) -> Response:
        """Answer what can't be taken now in the form of its door: for a server that stops before the body."""
        return self._shared(request, _unavailable(request, error))

    def _answer(self, request: Request) -> Response:
        origins.check(request, self.allowed)
        door = _door(request)
        if origins.is_preflight(request):
            return origins.preflight(request, door)
        body = decompress(request.body, request.headers.get("content-encoding", ""))
        return door.take(request._replace(body=body), self.for_sender(request, door.keys_in(body)), self.now())

    def for_sender(self, request: Request, keys_in_body: Iterable[str] = ()) -> Delivery:
        """What takes the events of whoever sends this.

        Raises:
            NotLetIn: they may not send, or not yet.
        """
        grant = self.gate.sender(request, keys_in_body)
        if grant is None:
            return self.delivery
        scope = Scope(grant.environments) if grant.environments else None
        return self.delivery.of_sender(scope, partial(self.gate.charge, grant))

    def _say_no(self, request: Request, refused: RequestRefused) -> Response:
        door = find(request)
        if not isinstance(refused, NotLetIn):
            try:
                self.delivery.refuse(door.name if door else NO_DOOR, refused.code)
            except (OSError, Unavailable) as error:
                return _unavailable(request, error)
        say_no = door.say_no if door else problem
        answer = say_no(request, refused.status, refused.message)
        return answer._replace(headers=answer.headers | refused.headers)

    def _shared(self, request: Request, answer: Response) -> Response:
        return answer._replace(headers={**answer.headers, **origins.share(request, self.allowed)})


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


def _unavailable(request: Request, error: Exception) -> Response:
    door = find(request)
    say_no = door.say_no if door else problem
    reason = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
    answer = say_no(request, 503, f"Nothing was taken, because it could not be stored ({reason}); send it again later.")
    return answer._replace(headers=answer.headers | {"retry-after": str(RETRY_AFTER_S)})
