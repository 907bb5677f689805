"""What a person thought of an answer comes in here."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header
from pydantic import SkipValidation

from serving.logic.events import RecordEvent
from serving.logic.feedback import to_event
from serving.logic.refused import RequestRefused, bad_request
from serving.problems import JSON, RETRY_AFTER_S, documented, is_json, not_json, refuse_unknown_parameters
from serving.schemas import FeedbackRecorded, FeedbackRequest

PATH = "/analytics/feedback"

_EXAMPLES: dict[str, Any] = {
    "thumb": {
        "summary": "A thumb for one answer",
        "value": {"kind": "thumb", "thumb": "up", "execution_id": "9f1c2b7e", "user_id": "u-17"},
    },
    "survey": {
        "summary": "An answer to a survey",
        "value": {"kind": "survey", "survey": "spring", "question": "missing", "answer": "Tables, please."},
    },
}

# Told to OpenAPI, not checked here: the contract is checked once, by who records it, and what it refuses is kept.
_RequestBody = Annotated[FeedbackRequest, SkipValidation, Body(openapi_examples=_EXAMPLES)]  # type: ignore[valid-type]
_Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same body sent again with the same key is stored once"),
]


def add_feedback(app: APIGatewayRestResolver, record_feedback: RecordEvent) -> None:
    """Let the resolver take feedback."""
    recorded: Any = {"description": "It is stored.", "content": {JSON: {"model": FeedbackRecorded}}}
    problems = (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )

    @app.post(
        PATH,
        summary="Feedback",
        description="One rating, thumb, NPS answer, survey answer, comment or act, tied to an execution or a template. "
        "It is answered for once it is stored.",
        operation_id="post_feedback",
        tags=["analytics"],
        responses={HTTPStatus.CREATED.value: recorded, **documented(*problems)},
    )
    def post_feedback(body: _RequestBody, idempotency_key: _Key = None) -> Response[Any]:  # noqa: ARG001
        refuse_unknown_parameters({}, app.current_event.resolved_query_string_parameters)
        event = to_event(_json_object(app), idempotency_key)
        try:
            refusal = record_feedback(event)
        except OSError as error:
            raise RequestRefused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not_stored",
                f"The feedback could not be stored ({error.strerror or error}); send it again later.",
                RETRY_AFTER_S,
            ) from error
        if refusal is not None:
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, refusal.code, refusal.message)
        answer = FeedbackRecorded(event_id=event["event_id"])
        return Response(HTTPStatus.CREATED.value, JSON, json.dumps(answer.model_dump()))


def _json_object(app: APIGatewayRestResolver) -> dict[str, Any]:
    # Read anew: what the resolver hands over is the first item where the body was an array.
    if not is_json(app):
        raise not_json(app)
    body = app.current_event.json_body
    if not isinstance(body, dict):
        raise bad_request("not_an_object", "The body is not a JSON object; send one feedback a request.")
    return body
