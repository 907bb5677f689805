"""How much may be on its way into the server at once, so that a crowd of clients can't take all of its memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.delivery.unavailable import Unavailable

REQUESTS_MAX = 256
BODIES_MAX_BYTES = 64 << 20
"""Of all bodies that are being read or answered; one alone may have 10 MiB."""


class Overloaded(Unavailable):
    """The request can't be taken beside the others."""


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
