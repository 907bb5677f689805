"""How much may be on its way into the server at once, so that a crowd of clients can't take all of its memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.doors import http, origins
from ingest.doors.exchange import Request, Response, problem
from ingest.doors.origins import Origins
from ingest.doors.routes import find

REQUESTS_MAX = 256
BODIES_MAX_BYTES = 64 << 20
"""Of all bodies that are being read or answered; one alone may have 10 MiB."""


class Overloaded(Exception):
    """The request can't be taken beside the others. The message is a part of a sentence that says why."""


class Admitted:
    """One request that is being read or answered."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.body_bytes = 0

    def hold(self, body_bytes: int) -> None:
        """Say how much of its body is in memory now.

        Raises:
            Overloaded: too much, together with the others.
        """
        self._admission.body_bytes += body_bytes - self.body_bytes
        self.body_bytes = body_bytes
        if self._admission.body_bytes > BODIES_MAX_BYTES:
            raise Overloaded(f"over {BODIES_MAX_BYTES >> 20} MiB are being sent at once")


class Admission:
    """Counts requests and the bytes of their bodies. For the event loop's thread only."""

    def __init__(self) -> None:
        self.requests = 0
        self.body_bytes = 0

    @contextmanager
    def enter(self) -> Iterator[Admitted]:
        """For as long as a request is being read and answered.

        Raises:
            Overloaded: too many are already.
        """
        if self.requests >= REQUESTS_MAX:
            raise Overloaded(f"{REQUESTS_MAX} requests are being answered already")
        admitted = Admitted(self)
        self.requests += 1
        try:
            yield admitted
        finally:
            self.requests -= 1
            self.body_bytes -= admitted.body_bytes


def turn_away(request: Request, overloaded: Overloaded, allowed: Origins) -> Response:
    """503 in the form of the request's door, which tells its client to send again; so nothing is booked."""
    door = find(request)
    say_no = door.say_no if door else problem
    answer = say_no(request, 503, f"Nothing was taken, because {overloaded}; send it again later.")
    retry = {"retry-after": str(http.RETRY_AFTER_S)}
    return answer._replace(headers={**answer.headers, **retry, **origins.share(request, allowed)})
