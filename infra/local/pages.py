"""What ``up`` answers besides the doors: the API, the report, and whether it is well."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from infra.local.gateway import Resolver, ask
from infra.local.lake import Lake
from ingest.contracts.validate import Refusal
from ingest.delivery.transform import Outcome, transform
from ingest.doors.http import DOORS, Request, Response
from sql.reader import NothingPublished, Reader

_JSON, _HTML, _PROBLEM = "application/json", "text/html; charset=utf-8", "application/problem+json"
_API = "/analytics/"
_OPENAPI = "/openapi.json"


class Pages:
    """Answers reads, each on a thread, so that a heavy one keeps no door waiting."""

    def __init__(self, lake: Lake, deliver: Callable[[str, Outcome], None], problem: Callable[[], str | None]) -> None:
        self._reader = Reader(lake.root)
        self._deliver, self._problem = deliver, problem
        self._report: tuple[str, bytes] | None = None

    async def answer(self, request: Request, query: str) -> Response:
        """Answer one request that is for none of the doors."""
        path = request.path
        if path.startswith(_API) or path == _OPENAPI:
            return await asyncio.to_thread(self._ask_api, request, query)
        if path not in ("/", "/healthz"):
            known = ", ".join(
                ["/", *DOORS, "/analytics/usage, …/performance, …/costs, …/feedback", _OPENAPI, "/healthz"]
            )
            return _refusal(404, "Not Found", f"There is no {path[:80]!a}; there are {known}.")
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, "Method Not Allowed", f"{path} takes GET, not {request.method[:20]!a}.")
        return await asyncio.to_thread(self._page if path == "/" else self._health)

    def _ask_api(self, request: Request, query: str) -> Response:
        status, headers, body = ask(self._app, request.method, request.path, query, request.headers, request.body)
        return Response(status, {name.lower(): value for name, value in headers.items()}, body)

    @cached_property
    def _app(self) -> Resolver:
        from serving.app import build_app  # a third of a second that a server without readers need not pay

        return build_app(self._reader, self._record_feedback)

    def _record_feedback(self, event: dict[str, Any]) -> Refusal | None:
        outcome = transform([event], datetime.now(UTC))
        self._deliver("analytics", outcome)
        return outcome.refusals[0][1] if outcome.refusals else None

    def _health(self) -> Response:
        problem = self._problem()
        document = {"status": "degraded" if problem else "ok", "problem": problem}
        return Response(200, {"content-type": _JSON}, json.dumps(document).encode())

    def _page(self) -> Response:
        from infra.local.report import empty_page, render_page

        try:
            tables = self._reader.current()
        except NothingPublished:
            return Response(200, {"content-type": _HTML}, empty_page().encode())
        key = tables.publication.publication
        if self._report is None or self._report[0] != key:
            self._report = (key, render_page(tables).encode())
        return Response(200, {"content-type": _HTML, "cache-control": "no-cache"}, self._report[1])


def _refusal(status: int, title: str, detail: str) -> Response:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(status, {"content-type": _PROBLEM}, json.dumps(document).encode())
