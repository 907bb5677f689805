"""What ``up`` answers besides the doors: the API, the report, and whether it is well."""

import json
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from infra.local.gateway import Resolver, ask
from infra.local.lake import Lake
from infra.local.streaming import OnText, Streamed, in_parts, is_wanted
from infra.local.threads import Threads
from ingest.contracts import layout
from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.delivery.privacy.settings import load
from ingest.delivery.unavailable import Unavailable
from ingest.doors.access.grants import Grant
from ingest.doors.exchange import Request, Response
from ingest.doors.routes import KNOWN
from serving.logic.health import Probe, health
from serving.paths import HEALTH, PROMPTS, STATUS
from sql.reader import NothingPublished, Reader

PERIODS_DAYS = (7, 30, 90)
READS_AT_ONCE = 8
ASKING_AT_ONCE = 64
"""What may wait for a model takes a thread and no processor."""
WAITING_MAX = 96
"""Of either kind: more are sent away, so that there is always room for doors, which take 256 in all."""
_JSON, _PROBLEM = "application/json", "application/problem+json"
_API = "/analytics/"
_OPENAPI = "/openapi.json"
OPEN = frozenset({_OPENAPI, HEALTH})
"""What tells nothing of the lake's content, and so asks for no key."""

_delivery: ContextVar[Delivery] = ContextVar("delivery")
"""Takes what the sender of the request at hand says."""


class Pages:
    """Answers reads, each on a thread, so that a heavy one keeps no door waiting."""

    def __init__(self, lake: Lake, probe: Probe) -> None:
        self._root, self._reader, self._probe = lake.root, Reader(lake.root), probe
        self._pages: dict[tuple[str, int], str] = {}
        self._lock = Lock()
        self._opening = Lock()
        self._opened: Resolver | None = None
        self._reads = Threads("reads", READS_AT_ONCE, WAITING_MAX)
        self._asking = Threads("prompts", ASKING_AT_ONCE, WAITING_MAX)

    async def answer(self, request: Request, delivery: Delivery, actor: Grant | None = None) -> Response | Streamed:
        """Answer one request that is for none of the doors; who may ask has been decided.

        Args:
            request: as it came.
            delivery: takes what the sender says.
            actor: who works with prompts, where that is what is asked for.

        Raises:
            Overloaded: too many wait for an answer of this kind already.
        """
        path = request.path
        _delivery.set(delivery)  # goes along to the thread
        if is_wanted(request):
            return await in_parts(lambda on_text: self._asking.run(self._ask_api_in_parts, request, actor, on_text))
        if path.startswith((_API, *PROMPTS)) or path in (_OPENAPI, STATUS):
            is_read = request.method in ("GET", "HEAD") or not path.startswith(PROMPTS)
            return await (self._reads if is_read else self._asking).run(self._ask_api, request, actor)
        if path not in ("/", HEALTH):
            known = ", ".join(
                [
                    "/",
                    *KNOWN,
                    "/analytics/usage, …/performance, …/costs, …/quality, …/engagement, …/experiments",
                    "/analytics/reconciliation, …/feedback",
                    "/prompts/templates",
                    "/prompts/execute",
                    *PROMPTS[1:],
                    _OPENAPI,
                    STATUS,
                    HEALTH,
                ]
            )
            return _refusal(404, "Not Found", f"There is no {path[:80]!a}; there are {known}.")
        if request.method not in ("GET", "HEAD"):
            refused = _refusal(405, "Method Not Allowed", f"{path} takes GET, not {request.method[:20]!a}.")
            return refused._replace(headers={**refused.headers, "allow": "GET, HEAD"})
        return await (self._reads.run(self._page, request.query) if path == "/" else self._reads.run(self._health))

    def stop(self) -> None:
        """Begin no more answers."""
        self._reads.stop()
        self._asking.stop()

    def _ask_api(self, request: Request, actor: Grant | None) -> Response:
        asked = request.method, request.path, request.query, request.headers, request.body
        status, headers, body = ask(self._app(), *asked, _authorizer(actor) if actor else None)
        return Response(status, {name.lower(): value for name, value in headers.items()}, body)

    def _ask_api_in_parts(self, request: Request, actor: Grant | None, on_text: OnText) -> Response:
        self._app()  # loads what the next line needs
        from serving.routes.execution.executing import parts_to

        parts_to.set(on_text)
        return self._ask_api(request, actor)

    def _app(self) -> Resolver:
        with self._opening:
            if self._opened is None:
                from infra.local.templates import open_desk
                from serving.app import build_app  # a third of a second that a server without readers need not pay

                desk, smallest = open_desk(self._root), self._smallest_group
                self._opened = build_app(self._reader, _record, desk, probe=self._probe, smallest_group=smallest)
            return self._opened

    @cached_property
    def _smallest_group(self) -> int:
        return load(self._root / layout.SETTINGS_FILE).smallest_group

    def _health(self) -> Response:
        # As the API's own route, which a server that is only asked how it is need not load.
        return Response(200, {"content-type": _JSON}, json.dumps(health(self._probe())).encode())

    def _page(self, query: str) -> Response:
        from dashboards.reports.collect import collect
        from dashboards.reports.page import render

        days = parse_qs(query).get("days", ["0"])[-1]
        if not days.isdecimal() or len(days) > 4:
            return _refusal(400, "Bad Request", f"days={days[:20]!a} is no number of days; give one such as ?days=30.")
        try:
            tables = self._reader.current()
        except NothingPublished:
            return _html(render(None))
        key = (tables.publication.as_of, int(days))
        with self._lock:
            if key not in self._pages:
                # Pages are kept until a build says something new, if only that it is complete until later.
                self._pages = {k: page for k, page in self._pages.items() if k[0] == key[0]}
                data = collect(tables, key[1] or None, smallest_group=self._smallest_group)
                self._pages[key] = render(data, choose_days=PERIODS_DAYS)
            return _html(self._pages[key])


def _record(event: dict[str, Any]) -> Refusal | None:
    door = "analytics" if event["event_type"] == "feedback" else "prompts"
    try:
        outcome = _delivery.get().take(door, [event], datetime.now(UTC))
    except Unavailable as error:
        raise OSError(str(error)) from error  # the only one that the API knows of
    return outcome.refusals[0][1] if outcome.refusals else None


def _authorizer(actor: Grant) -> dict[str, str]:
    return {"principalId": actor.name, "role": actor.role, "environments": " ".join(actor.environments)}


def _html(page: str) -> Response:
    return Response(200, {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}, page.encode())


def _refusal(status: int, title: str, detail: str) -> Response:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(status, {"content-type": _PROBLEM}, json.dumps(document).encode())
