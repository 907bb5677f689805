"""Whether every event received is accounted for."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from serving.logic.answer import Published
from serving.logic.asked import Page
from serving.logic.days import DEFAULT_DAYS, MAX_DAYS
from serving.logic.paging import DEFAULT_ROWS, MAX_ROWS, read_cursor
from serving.logic.reconciliation import DEFAULT_KEYS, KEYS, read_parameters, reconciliation
from serving.problems import JSON, documented, refuse_unknown_parameters
from serving.reconciliation_schemas import ReconciliationAnswer
from serving.stores.answers import Answers

PATH = "/analytics/reconciliation"
_PARAMETERS = ("from", "to", "group_by", "event_type", "door", "limit", "cursor")
_DATE = {"format": "date"}

_From = Annotated[
    str | None,
    Query(
        alias="from",
        description=f"First day of arrival, UTC, included; default {DEFAULT_DAYS} days up to `to`",
        json_schema_extra=_DATE,
    ),
]
_To = Annotated[
    str | None,
    Query(
        description=f"Last day of arrival, UTC, included; default the newest; at most {MAX_DAYS} days",
        json_schema_extra=_DATE,
    ),
]
_Keys = Annotated[
    Sequence[str],
    Query(description=f"With commas or repeated: {', '.join(KEYS)}; default {', '.join(DEFAULT_KEYS)}"),
]
_Types = Annotated[Sequence[str], Query(description="Only events of this type, or one of these")]
_Doors = Annotated[Sequence[str], Query(description="Only what came through this door, or one of these")]
_Limit = Annotated[int | None, Query(description=f"So many rows a page; default {DEFAULT_ROWS}", ge=1, le=MAX_ROWS)]
_Cursor = Annotated[str | None, Query(description="Where a page begins: `next` of the one before")]


def add_reconciliation(app: APIGatewayRestResolver, reader: Published) -> None:
    """Let the resolver tell what became of all that arrived."""
    answers = Answers()
    done: Any = {"description": "The counts at each hand-over.", "content": {JSON: {"model": ReconciliationAnswer}}}
    problems = (HTTPStatus.BAD_REQUEST, HTTPStatus.GONE, HTTPStatus.SERVICE_UNAVAILABLE)

    @app.get(
        PATH,
        summary="Reconciliation",
        description="Whether every event received is accounted for: what was counted at each hand-over, and each gap "
        "by hour of arrival.",
        operation_id="get_reconciliation",
        tags=["analytics"],
        responses={200: done, **documented(*problems)},
    )
    def get_reconciliation(
        from_: _From = None,
        to: _To = None,
        group_by: _Keys = (),
        event_type: _Types = (),
        door: _Doors = (),
        limit: _Limit = None,
        cursor: _Cursor = None,
    ) -> Response[Any]:
        refuse_unknown_parameters(_PARAMETERS, app.current_event.resolved_query_string_parameters)
        asked = read_parameters({"from": from_, "to": to, "group_by": group_by, "event_type": event_type, "door": door})
        page = Page(limit or DEFAULT_ROWS, read_cursor(cursor))
        tables = reader.current()
        body = answers.get(tables.publication, (asked, page), lambda: json.dumps(reconciliation(asked, page, tables)))
        return Response(HTTPStatus.OK.value, JSON, body)
