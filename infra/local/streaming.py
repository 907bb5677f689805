"""Answers that come in parts, as server-sent events.

``text`` events carry the parts of the answer, ``{"text": "…"}``; the last event is ``execution``, with all that the
answer would be in one piece, or ``problem``, with why it breaks off.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from ingest.doors.exchange import Request, Response
from serving.paths import EVENT_STREAM, EXECUTE

_HEADERS = {"content-type": f"{EVENT_STREAM}; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no"}
OnText = Callable[[str], None]


class Streamed(NamedTuple):
    """An answer whose body comes in parts."""

    status: int
    headers: dict[str, str]
    parts: AsyncIterator[bytes]


def is_wanted(request: Request) -> bool:
    """Whether an answer is wanted in parts, and can be given so."""
    is_execution = request.method == "POST" and request.path == EXECUTE
    return is_execution and EVENT_STREAM in request.headers.get("accept", "")


async def in_parts(answer: Callable[[OnText], Awaitable[Response]]) -> Response | Streamed:
    """What comes of a request: in parts once there is one, whole where it is refused before.

    Args:
        answer: answers the request, giving each part of it to a function that any thread may call. It is not stopped
            when nobody listens any more: what it does is recorded all the same.
    """
    loop, waiting = asyncio.get_running_loop(), asyncio.Queue[str | None]()

    def pass_on(text: str | None) -> None:
        loop.call_soon_threadsafe(waiting.put_nowait, text)

    answering = asyncio.ensure_future(answer(pass_on))
    _running.add(answering)
    answering.add_done_callback(_running.discard)
    answering.add_done_callback(lambda _: waiting.put_nowait(None))
    first = await waiting.get()
    if first is None and (await answering).status != 200:
        return await answering
    return Streamed(200, _HEADERS, _parts(first, waiting, answering))


_running: set["asyncio.Future[Response]"] = set()
"""Keeps those alive that nobody listens to any more."""


async def _parts(
    first: str | None, waiting: "asyncio.Queue[str | None]", answering: "asyncio.Future[Response]"
) -> AsyncIterator[bytes]:
    text = first
    while text is not None:
        yield _event("text", json.dumps({"text": text}))
        text = await waiting.get()
    answer = await answering
    body = answer.body.decode()
    if first is None:  # it came whole: from a cache, or from who gives no parts
        yield _event("text", json.dumps({"text": json.loads(body)["text"]}))
    yield _event("execution" if answer.status == 200 else "problem", body)


def _event(name: str, data: str) -> bytes:
    # JSON has no line break of its own, so one data line is enough.
    return f"event: {name}\ndata: {data}\n\n".encode()
