"""How providers fail, told in the same terms."""

import time

from serving.logic.models.parts import encodable
from serving.logic.models.provider import Completion, Failure

_SHOWN_CHARS = 300


class NoAnswer(Exception):
    """There is no completion. The message says why."""

    def __init__(self, failure: Failure, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.failure, self.retry_after_s = failure, retry_after_s


def failed(provider: str, model: str, error: NoAnswer, begun: float) -> Completion:
    """The completion of a call that has none; ``begun`` is of the monotonic clock."""
    return Completion(
        text="",
        model=model,
        finish_reason="timeout" if error.failure == "timeout" else "error",
        latency_ms=(time.monotonic() - begun) * 1_000,
        error=f"{provider}: {encodable(str(error))[:_SHOWN_CHARS]}",
        failure=error.failure,
        retry_after_s=error.retry_after_s,
    )


def failure_of_status(status: int) -> Failure:
    """What an HTTP status other than 200 means."""
    if status == 429:
        return "throttled"
    return "unavailable" if status >= 500 else "rejected"


def seconds(text: str | None) -> float | None:
    """A ``Retry-After`` in seconds; a date is not looked at."""
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None
