"""``promptlake up``: one process on loopback that takes events, answers reads and keeps the answers fresh."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.admission import Admission, Admitted, Overloaded
from infra.local.background import Background
from infra.local.lake import Lake
from infra.local.pages import OPEN, Pages
from infra.local.sink import SpoolSink
from infra.local.streaming import Streamed
from ingest.delivery.delivery import Delivery
from ingest.delivery.transform import Transform
from ingest.delivery.unavailable import Unavailable
from ingest.doors import origins
from ingest.doors.access.gate import Gate
from ingest.doors.body import BODY_MAX_BYTES, too_large
from ingest.doors.exchange import Request, Response
from ingest.doors.http import Doors
from ingest.doors.origins import LOOPBACK_ONLY, Origins
from ingest.doors.request_refused import RequestRefused
from ingest.doors.routes import find
from serving.paths import PROMPTS

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
"""A foreign page may ask by these, for its browser shows it no answer."""
TICK_S = 0.1
BODY_TIMEOUT_S = 60.0
"""A body that takes longer holds memory for nobody's good."""
DISCARD_MAX_BYTES = 8 * BODY_MAX_BYTES
"""A body over the limit is read to here and thrown away, for most clients hear no answer before they have sent all."""


@dataclass(frozen=True)
class Served:
    """The parts that one running server is made of."""

    doors: Doors
    background: Background
    pages: Pages


class Server:
    """The ASGI application. Doors run on the event loop, one batch after the other, for they are the writer's only
    thread; reads run beside it.
    """

    def __init__(
        self,
        lake: Lake,
        sink: SpoolSink,
        transform: Transform,
        gate: Gate,
        build_every_s: float | None,
        allowed: Origins = LOOPBACK_ONLY,
        *,
        is_local: bool = True,
    ) -> None:
        self._lake, self._sink, self._transform, self._gate = lake, sink, transform, gate
        self._build_every_s, self._allowed, self._is_local = build_every_s, allowed, is_local
        self._admission = Admission()
        self._ticking: asyncio.Task[None] | None = None
        self._served: Served | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        background = Background(self._lake, self._sink, self._build_every_s)
        doors = Doors(Delivery(self._transform, self._sink), self._sink.now, self._allowed, self._gate)
        self._served = Served(doors, background, Pages(self._lake, background.components))
        self._ticking = asyncio.create_task(_tick(background))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking
        self._served.pages.stop()
        await asyncio.to_thread(background.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._served is not None  # noqa: S101 - uvicorn serves nothing before the lifespan has started
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(scope["method"], scope["path"], headers, b"", scope["query_string"].decode("latin-1"))
        if self._is_local and not _is_loopback(headers.get("host", "")):
            # A page elsewhere may point its own name at 127.0.0.1; the browser then sends that name here.
            await _reply(send, 403, {"content-type": "text/plain"}, b"This server answers to localhost only.\n")
            return
        try:
            with self._admission.enter() as admitted:
                body = await read_body(receive, headers, admitted)
                if isinstance(body, RequestRefused):
                    answer = self._served.doors.refuse(request, body)
                    await _reply(send, answer.status, {**answer.headers, "connection": "close"}, answer.body)
                else:
                    found = await self._answer(self._served, request._replace(body=body))
                    await (_reply_in_parts if isinstance(found, Streamed) else _reply)(send, *found)
        except Overloaded as overloaded:
            await _reply(send, *self._served.doors.unavailable(request, overloaded))
        except _ClientGone:
            return

    async def _answer(self, served: Served, request: Request) -> Response | Streamed:
        if find(request) is not None:
            return served.doors.answer(request)
        delivery = served.doors.delivery
        actor = None
        try:
            if request.method not in SAFE_METHODS:
                origins.check(request, self._allowed)
            if request.path.startswith(PROMPTS):
                actor = self._gate.actor(request)
            elif request.method not in SAFE_METHODS:
                delivery = served.doors.for_sender(request)
            elif request.path not in OPEN:
                self._gate.reader(request)
        except RequestRefused as refused:
            return served.doors.refuse(request, refused)
        except Unavailable as error:
            return served.doors.unavailable(request, error)
        return await served.pages.answer(request, delivery, actor)


async def _tick(background: Background) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        background.tick(time.monotonic())


class _ClientGone(Exception):
    """The client left in the middle of its body: nothing was taken, and nobody is there to be told."""


async def read_body(receive: Receive, headers: Mapping[str, str], admitted: Admitted) -> bytes | RequestRefused:
    """The body, or why it is not waited for any longer. Raises ``Overloaded`` where too much is being sent at once."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await _read(receive, headers, admitted)
    except TimeoutError:
        message = f"The body did not come within {BODY_TIMEOUT_S:g} s; send it again."
        return RequestRefused(408, "body_too_slow", message)
    return too_large() if body is None else body


async def _read(receive: Receive, headers: Mapping[str, str], admitted: Admitted) -> bytes | None:
    """The body, or None where it is over the limit."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > DISCARD_MAX_BYTES:
        return None
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_MAX_BYTES:
            admitted.hold(size)
            parts.append(part)
        else:
            parts.clear()
            admitted.hold(0)
        if size > DISCARD_MAX_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts) if size <= BODY_MAX_BYTES else None


async def _reply(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if status != 204:  # which has no body, not even an empty one
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _reply_in_parts(send: Send, status: int, headers: Mapping[str, str], parts: AsyncIterator[bytes]) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    return name in LOOPBACK_NAMES
