"""What a door is: a request goes in, events go to the sink, and an answer comes back. No transport in any of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

import orjson

from ingest.delivery.delivery import Delivery
from ingest.doors.request_refused import RequestRefused

JSON = "application/json"
PROBLEM = "application/problem+json"
LINES = frozenset({"application/x-ndjson", "application/jsonl"})
UNSAID = frozenset({"", "application/x-www-form-urlencoded"})
"""Nobody said what the body is: curl's -d says the latter of whatever it sends."""
PLAIN = frozenset({"text/plain"}) | UNSAID


class Request(NamedTuple):
    """``headers`` have lower-case names; ``body`` is as it was sent, still compressed, until a door gets it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    """As sent, without the question mark."""


class Response(NamedTuple):
    """``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class Door(NamedTuple):
    """One path: its name in the books, how it takes a body, how it says no, and by which methods it is asked."""

    name: str
    take: Callable[[Request, Delivery, datetime], Response]
    """Gets the decompressed body and the arrival time. Raises ``RequestRefused``, ``OSError`` or ``Unavailable``."""
    say_no: Callable[[Request, int, str], Response]
    """The answer with this status and sentence, in the form that the door's own protocol defines."""
    methods: tuple[str, ...] = ("POST",)
    keys_in: Callable[[bytes], Iterable[str]] = lambda _: ()
    """What may be a write key in a body, for a client that has no other place for it."""


def problem(_: Request, status: int, message: str) -> Response:
    """A refusal as RFC 9457 has it, for doors whose protocol has no form of its own."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
    return Response(status, {"content-type": PROBLEM}, orjson.dumps(document))


def media_type(request: Request) -> str:
    """The body's type without parameters, in lower case; empty where the client does not say."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(request: Request, accepted: str) -> RequestRefused:
    """What a body of another type than the ``accepted`` ones gets."""
    given = request.headers.get("content-type", "")[:60]
    return RequestRefused(415, "unknown_content_type", f"Content-Type {given!a} is not accepted; send {accepted}.")


def answer_json(status: int, document: object) -> Response:
    """A JSON answer."""
    return Response(status, {"content-type": JSON}, orjson.dumps(document))
