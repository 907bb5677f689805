"""Who acts in these tests, and the API as they reach it: API Gateway says who they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.local.gateway import from_gateway_response, to_gateway_event
from serving.access import Principal
from serving.app import build_app
from serving.logic.templates.desk import Asking, Desk
from serving.logic.testing.checks import RenderedAndTested
from serving.stores.table import Table
from serving.stores.templates.store import TemplateStore
from sql.reader import Reader
from tests.serving.lakes import Answer

ANN, BOB, CAROL = Principal("ann", "editor"), Principal("bob", "approver"), Principal("carol", "approver")
VERA, ADA = Principal("vera", "viewer"), Principal("ada", "admin")
TEMPLATES = "/prompts/templates"


def asking(who: Principal, environment: str = "default", **conditions: Any) -> Asking:
    return Asking(who, environment, **conditions)


class Clock:
    """A time that goes on only when it is told to, far ahead, so that no store lets anything expire by itself."""

    def __init__(self) -> None:
        self.now = datetime(2100, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def open_desk(table: Table, clock: Clock | None = None) -> Desk:
    return Desk(TemplateStore(table), RenderedAndTested(), clock=clock or Clock())


@dataclass
class Site:
    """The API over one table."""

    desk: Desk
    clock: Clock
    root: Path

    def __post_init__(self) -> None:
        self.app = build_app(Reader(self.root), lambda event: None, self.desk)

    def ask(self, who: Principal | None, method: str, path: str, *rest: Any, **more: Any) -> Answer:
        """One request below the templates."""
        return self.send(who, method, TEMPLATES + path, *rest, **more)

    def send(
        self,
        who: Principal | None,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] = {},
        headers: Mapping[str, str] = {},
    ) -> Answer:
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        every = {"content-type": "application/json"} | dict(headers)
        event = to_gateway_event(method, path, urlencode(query), every, sent)
        if who is not None:
            context = {"principalId": who.name, "role": who.role, "environments": " ".join(who.environments)}
            event["requestContext"]["authorizer"] = context
        return Answer(*from_gateway_response(self.app.resolve(event, None)))  # type: ignore[arg-type]

    def get(self, path: str, who: Principal | None = VERA, **query: Any) -> Answer:
        return self.ask(who, "GET", path, query={name.rstrip("_"): value for name, value in query.items()})

    def make(self, template_id: str, body: str = "Hello", who: Principal = ANN, **more: Any) -> Answer:
        answer = self.ask(who, "POST", "", {"id": template_id, "body": body} | more)
        assert answer.status == 201, answer.json
        return answer

    def save(self, template_id: str, who: Principal = ANN, etag: str | None = None, **what: Any) -> Answer:
        seen = etag or self.get(f"/{template_id}").headers["ETag"]
        return self.ask(who, "PUT", f"/{template_id}", what, headers={"If-Match": seen})

    def move(self, template_id: str, number: int, to: str, who: Principal = BOB, **more: Any) -> Answer:
        body = {"to": to, "why": "it is time"} | more
        return self.ask(who, "POST", f"/{template_id}/versions/{number}/transitions", body)

    def publish(self, template_id: str, number: int = 1) -> None:
        for to, who in (("in_review", ANN), ("approved", BOB), ("published", BOB)):
            answer = self.move(template_id, number, to, who)
            assert answer.status == 200, answer.json

    def label(self, template_id: str, name: str, number: int, who: Principal = BOB) -> Answer:
        return self.ask(who, "PUT", f"/{template_id}/labels/{name}", {"number": number, "why": "it is time"})
