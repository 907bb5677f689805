"""The part of Langfuse's API that its SDKs send to. Traces come by OTLP; scores by one path or, from older SDKs,
another. Any credentials are taken: who may send is decided before a door.

https://api.reference.langfuse.com
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson

from ingest.contracts.validate import Refusal
from ingest.delivery.delivery import Delivery
from ingest.delivery.nesting import as_text
from ingest.doors import langfuse_scores, otlp_http
from ingest.doors.body import EVENTS_MAX, too_many
from ingest.doors.exchange import JSON, Door, Request, Response, answer_json, media_type, unsupported
from ingest.doors.request_refused import RequestRefused

OTLP_PATH = "/api/public/otel/v1/traces"
_NAME = "langfuse"
_SCORE_EVENT = "score-create"
_NAMED = {"id": "promptlake", "name": "promptlake"}


def _take_scores(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """A list of scores is answered by 202, or 207 where some were refused; a single one by its id."""
    given = _decode(request)
    scores = given if isinstance(given, list) else [given]
    items = [langfuse_scores.to_item(score, position, received_at) for position, score in enumerate(scores)]
    outcome = delivery.take(_NAME, items, received_at)
    errors = [{"message": refusal.message} for _, refusal in outcome.refusals]
    if not isinstance(given, list):
        return (
            _say_no(request, 400, errors[0]["message"])
            if errors
            else answer_json(200, {"id": _id_of(given) or _id_of(items[0])})
        )
    if not errors:
        return answer_json(202, {"message": "Accepted"})
    return answer_json(207, {"accepted": len(items) - len(errors), "rejected": len(errors), "errors": errors})


def _take_ingestion(request: Request, delivery: Delivery, received_at: datetime) -> Response:
    """Always 207, with one answer for each event."""
    given = _decode(request)
    batch = given.get("batch") if isinstance(given, dict) else None
    if not isinstance(batch, list):
        raise RequestRefused(400, "invalid_json", 'The body is not an object whose "batch" is an array of events.')
    items = [_of_event(event, position, received_at) for position, event in enumerate(_few(batch))]
    outcome = delivery.take(_NAME, items, received_at)
    refused = dict(outcome.refusals)
    successes = [{"id": _id_of(event), "status": 201} for n, event in enumerate(batch) if n not in refused]
    errors = [
        {"id": _id_of(batch[n]), "status": 400, "message": refusal.message, "error": refusal.code}
        for n, refusal in refused.items()
    ]
    return answer_json(207, {"successes": successes, "errors": errors})


def _of_event(event: Any, position: int, received_at: datetime) -> dict[str, Any] | Refusal:
    kind = event.get("type") if isinstance(event, dict) else None
    if kind == _SCORE_EVENT and isinstance(event.get("body"), dict):
        said = {name: value for name, value in event["body"].items() if value is not None}
        of_event = {name: event[name] for name in ("id", "timestamp") if name in event}
        return langfuse_scores.to_item({**of_event, **said}, position, received_at)
    # Its body may hold prompts and answers, so that nothing but its name is kept.
    known = {name: event[name] for name in ("id", "type", "timestamp") if name in event} if kind else {}
    message = (
        f"Only {_SCORE_EVENT} is taken here; send traces by OTLP to {OTLP_PATH}, as Langfuse's Python SDK from "
        "version 3 and its JavaScript SDK from version 4 do."
    )
    return Refusal("unsupported_event", message, payload=as_text(known), is_selected=True)


def _decode(request: Request) -> Any:
    if media_type(request) not in (JSON, ""):
        raise unsupported(request, JSON)
    try:
        given = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, "invalid_json", f"The body is not JSON: {error}.") from error
    return _few(given) if isinstance(given, list) else given


def _few(events: list[Any]) -> list[Any]:
    if len(events) > EVENTS_MAX:
        raise too_many("events")
    return events


def _id_of(event: Any) -> str:
    given = (event.get("id") or event.get("event_id")) if isinstance(event, dict) else None
    return given if isinstance(given, str) else ""


def _tell_projects(*_: object) -> Response:
    """What ``auth_check`` asks for: there is one project, whatever the key."""
    return answer_json(200, {"data": [{**_NAMED, "organization": _NAMED, "metadata": {}}]})


def _tell_health(*_: object) -> Response:
    return answer_json(200, {"status": "OK", "version": "promptlake"})


def _say_no(_: Request, status: int, message: str) -> Response:
    return answer_json(status, {"message": message, "error": HTTPStatus(status).phrase})


DOORS: Mapping[str, Door] = {
    OTLP_PATH: otlp_http.traces_door(_NAME),
    "/api/public/scores": Door(_NAME, _take_scores, _say_no),
    "/api/public/ingestion": Door(_NAME, _take_ingestion, _say_no),
    "/api/public/projects": Door(_NAME, _tell_projects, _say_no, methods=("GET",)),
    "/api/public/health": Door(_NAME, _tell_health, _say_no, methods=("GET",)),
}
"""By path."""
