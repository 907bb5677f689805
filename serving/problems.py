"""Everything that goes wrong is told in one form: a problem document."""

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from pydantic import BaseModel, Field

from serving.logic.refused import RequestRefused, bad_request
from serving.resolver import Resolver
from serving.stores.table import Unreachable
from sql.publication import NothingPublished

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 30
JSON = "application/json"


class Problem(BaseModel, defer_build=True):
    """Why there is no answer (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always about:blank; `code` tells the kinds apart")
    title: str = Field(description="Name of the HTTP status")
    status: int = Field(description="HTTP status")
    code: str = Field(description="Kind of reason, for programs", examples=["unknown_dimension"])
    detail: str = Field(description="The reason, one sentence")
    gone: str | None = Field(default=None, description="What is gone, as `id@number`: what was asked for, or a part")
    execution_id: str | None = Field(default=None, description="Of an execution that has failed: its id")
    budget: str | None = Field(default=None, description="The budget that is spent")
    resets_at: str | None = Field(
        default=None, description="When that budget begins anew", json_schema_extra={"format": "date-time"}
    )
    replacement: str | None = Field(default=None, description="Of what is gone: what to use instead, as `id@selector`")


def install(app: Resolver) -> None:
    """Let the resolver answer refusals, its own included, as problems. A fault of ours it still raises."""
    app.exception_handler(RequestRefused)(refused)
    app.exception_handler(NothingPublished)(_nothing_published)
    app.exception_handler(Unreachable)(_unreachable)
    app.exception_handler(RequestValidationError)(lambda error: refused(_unfit(app, error)))
    app.exception_handler(RequestUnsupportedContentType)(lambda _: refused(not_json(app)))
    app.exception_handler(ValueError)(lambda error: refused(_unreadable(app, error)))
    app.not_found(lambda _: _not_found(app))


def refused(error: RequestRefused) -> Response[str]:
    """The problem document of a refusal."""
    problem = Problem(title=error.status.phrase, status=error.status, code=error.code, detail=str(error), **error.extra)
    wait = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    return Response(error.status.value, PROBLEM_JSON, json.dumps(problem.model_dump(exclude_none=True)), headers=wait)


def documented(*statuses: HTTPStatus) -> dict[int, Any]:
    """Problems that an endpoint may answer with, for OpenAPI."""
    content = {PROBLEM_JSON: {"model": Problem}}
    return {status.value: {"description": status.phrase, "content": content} for status in statuses}


def refuse_unknown_parameters(known: Collection[str], given: Mapping[str, Any]) -> None:
    """What we don't know we can't do; to leave it out silently would answer another question.

    Raises:
        RequestRefused: a query parameter is none of ours.
    """
    for name in given:
        if name not in known:
            listed = f"known are {', '.join(known)}" if known else "this path takes none"
            raise bad_request("unknown_parameter", f"There is no query parameter {name[:60]!r}; {listed}.")


def coded(app: APIGatewayRestResolver) -> RequestRefused | None:
    """The refusal of a body that is compressed, or coded otherwise. Bodies here are too small to gain by it."""
    coding = app.current_event.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity") or not app.current_event.body:
        return None
    message = f"The body is sent with Content-Encoding {coding[:40]!r}; send it as it is."
    return RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding", message)


def not_json(app: APIGatewayRestResolver) -> RequestRefused:
    """The refusal of a body that says it is something else."""
    sent = app.current_event.headers.get("content-type", "")
    message = f"The body is sent as {sent[:60]!r}; send {JSON}."
    return RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message)


def is_json(app: APIGatewayRestResolver) -> bool:
    """Whether the body says it is JSON, or nothing."""
    sent = app.current_event.headers.get("content-type", "")
    return sent.split(";")[0].strip().lower() in ("", JSON)


def _nothing_published(error: NothingPublished) -> Response[str]:
    return refused(RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "nothing_published", str(error), RETRY_AFTER_S))


def _unreachable(error: Unreachable) -> Response[str]:
    message = f"{error}; send the request again later."
    return refused(RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, "store_unreachable", message, RETRY_AFTER_S))


def _unfit(app: APIGatewayRestResolver, error: RequestValidationError) -> RequestRefused:
    first = error.errors()[0]
    place, *path = (str(part) for part in first["loc"])
    if place == "body" and (refusal := coded(app)):
        return refusal
    if first["type"] == "json_invalid":
        return bad_request("not_json", f"The body is not JSON: {first['ctx']['error']} at character {path[0]}.")
    if place == "body":
        return bad_request("no_body", "The request has no body; send a JSON object.")
    return _unfit_parameter(place, ".".join(path), first)


def _unfit_parameter(place: str, name: str, error: Mapping[str, Any]) -> RequestRefused:
    if isinstance(error.get("input"), list):
        return bad_request("wrong_parameter", f"The {place} parameter {name!r} may be given only once.")
    if error["type"] != "missing":
        return bad_request("wrong_parameter", f"The {place} parameter {name!r} is not as described: {error['msg']}.")
    if name.lower() == "if-match":
        message = "This changes what others may be changing too; send If-Match with the ETag of what you have seen."
        return RequestRefused(HTTPStatus.PRECONDITION_REQUIRED, "no_if_match", message)
    return bad_request("missing_parameter", f"The {place} parameter {name!r} is missing.")


def _unreadable(app: APIGatewayRestResolver, error: ValueError) -> RequestRefused:
    # The resolver reads the body, in any form it knows, before a route sees the request.
    if refusal := coded(app):
        return refusal
    if app.current_event.body and not is_json(app):
        return not_json(app)
    if isinstance(error, UnicodeDecodeError):
        return bad_request("not_utf8", f"The body is not UTF-8 from byte {error.start} on; send JSON in UTF-8.")
    raise error


def _not_found(app: Resolver) -> Response[str]:
    event = app.current_event
    methods = app.methods(event.path)
    if not methods or event.http_method in methods:  # a name in the path may have letters that no route takes
        return refused(_no_such_path(event.http_method, event.path))
    message = f"{event.path[:60]} takes {', '.join(methods)}, not {event.http_method[:20]}."
    answer = refused(RequestRefused(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", message))
    answer.headers["Allow"] = ", ".join(methods)
    return answer


def _no_such_path(method: str, path: str) -> RequestRefused:
    return RequestRefused(
        HTTPStatus.NOT_FOUND,
        "no_such_path",
        f"There is no {method} {path[:60]}; see GET /openapi.json.",
    )
