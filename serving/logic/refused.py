"""Why a request gets no answer."""

from collections.abc import Mapping
from http import HTTPStatus


class RequestRefused(Exception):
    """A request can't be answered as it is. The message is one sentence for the one who sent it.

    Args:
        status: HTTP status of the answer.
        code: the kind of reason, for programs.
        message: the reason, one sentence.
        retry_after_s: after how many seconds the same request may succeed.
        extra: further members of the problem document, which :class:`serving.schemas.Problem` names.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        retry_after_s: int | None = None,
        *,
        extra: Mapping[str, str] = {},
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after_s, self.extra = status, code, retry_after_s, extra


def bad_request(code: str, message: str) -> RequestRefused:
    """A refusal that the sender can mend."""
    return RequestRefused(HTTPStatus.BAD_REQUEST, code, message)
