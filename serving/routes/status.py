"""How the lake is: a page for people, JSON for programs, and one line for machines."""

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from serving.logic.answer import Published
from serving.logic.health import Probe, health
from serving.logic.reading import Tables
from serving.logic.status import status
from serving.negotiation import chosen
from serving.paths import HEALTH, STATUS
from serving.problems import JSON, documented, refuse_unknown_parameters
from serving.status_schemas import Health, StatusAnswer
from sql.publication import NothingPublished

HTML = "text/html"
_HEADERS: dict[str, Any] = {"Cache-Control": "no-cache", "Vary": "Accept"}
# The page needs nothing but itself, and shows names that events have brought along.
_PAGE_HEADERS = _HEADERS | {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def add_status(app: APIGatewayRestResolver, reader: Published, probe: Probe) -> None:
    """Let the resolver tell how the lake is."""
    forms: Any = {JSON: {"model": StatusAnswer}, HTML: {"schema": {"type": "string"}}}
    done: Any = {"description": "How it is now.", "content": forms}
    well: Any = {"description": "It answers.", "content": {JSON: {"model": Health}}}

    @app.get(
        STATUS,
        summary="Status",
        description="Is data fresh, are counts whole, are components up: a page, or JSON, as `Accept` says.",
        operation_id="get_status",
        tags=["status"],
        responses={200: done, **documented(HTTPStatus.BAD_REQUEST)},
    )
    def get_status() -> Response[Any]:
        refuse_unknown_parameters((), app.current_event.resolved_query_string_parameters)
        found = status(_published(reader), probe(), datetime.now(UTC))
        if chosen(app.current_event.headers.get("accept"), (JSON, HTML)) == JSON:
            return Response(HTTPStatus.OK.value, JSON, json.dumps(found), _HEADERS)
        from serving.pages.status import render  # and with it a template engine, which only people need

        return Response(HTTPStatus.OK.value, f"{HTML}; charset=utf-8", render(found), _PAGE_HEADERS)

    @app.get(
        HEALTH,
        summary="Health",
        description="Whether all parts work. It answers 200 as long as it answers; `status` says how well it is.",
        operation_id="get_health",
        tags=["status"],
        responses={200: well, **documented(HTTPStatus.BAD_REQUEST)},
    )
    def get_health() -> Response[Any]:
        refuse_unknown_parameters((), app.current_event.resolved_query_string_parameters)
        return Response(HTTPStatus.OK.value, JSON, json.dumps(health(probe())))


def _published(reader: Published) -> Tables | None:
    try:
        return reader.current()
    except NothingPublished:
        return None
