"""How an HTTP door says that it can't take a request at all."""


class RequestRefused(Exception):
    """The body can't be taken, or not even looked at. Counted as one refused request, never as events.

    Args:
        status: HTTP status, 4xx.
        code: kind of reason, as it is booked.
        message: one sentence that says what to change.
        headers: what the status obliges the answer to carry besides.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}


class NotLetIn(RequestRefused):
    """Refused for who sent it. Not booked, for nothing was received: who has no key could otherwise fill the books."""
