"""What the routes of templates have in common: parameters, who asks, bodies, answers, and how they are described."""

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, get_args

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel, ValidationError

from ingest.contracts.roles import Role
from serving.access import People, Principal, principal_of
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import etag
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Answer, Asking
from serving.logic.templates.model import MAX_VERSIONS, NAME, PART_OF_ID, TEMPLATE_ID, Selector, Template
from serving.paths import TEMPLATES
from serving.problems import JSON, documented, is_json, not_json, refuse_unknown_parameters
from serving.template_schemas import MovedTemplate, TemplateView

ONE = f"{TEMPLATES}/<template_id>"
VERSIONS = f"{ONE}/versions"
VERSION = f"{VERSIONS}/<number>"

_Body = TypeVar("_Body", bound=BaseModel)

TemplateIdPath = Annotated[str, Path(pattern=TEMPLATE_ID, description="Id of the template")]
NumberPath = Annotated[int, Path(ge=1, le=MAX_VERSIONS, description="Number of the version")]
LabelPath = Annotated[str, Path(pattern=r"^[a-z](?:[a-z0-9_-]{0,48}[a-z0-9])?$", description="Name of the label")]
SELECTOR = r"^(?:[1-9][0-9]{0,3}|[a-z](?:[a-z0-9_-]{0,48}[a-z0-9])?)$"
SelectorPath = Annotated[str, Path(pattern=SELECTOR, description="Number of a version, or a label")]
EnvironmentQuery = Annotated[
    str | None, Query(pattern=NAME, description="Environment; default the first of those that you may act in")
]
LimitQuery = Annotated[int, Query(ge=1, le=100, description="So many at most")]
AfterId = Annotated[str, Query(pattern=PART_OF_ID, description="Go on after this id: `next` of the page before")]
AfterRevision = Annotated[int, Query(ge=0, le=10**12, description="Go on after this: `next` of the page before")]
IfMatch = Annotated[
    str, Header(alias="If-Match", description="ETag of what you have seen; `*` for whatever it is by now")
]
OptionalIfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of what you have seen; without it, whatever it is by now")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="The same request sent again with the same key within a day is answered again, and not done again",
    ),
]

_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_CHANGING = (
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.PRECONDITION_REQUIRED,
)


MAX_ANSWER_BYTES = 6_000_000
"""Lambda sends 6 MiB, headers and status included. Embedded it is the same, so that what runs here runs there."""

_MAX_BYTES_PER_CHAR = len(json.dumps("\U0001f600")) - len('""')


class Routes:
    """Registers routes on a resolver, each with its description and what it may answer."""

    def __init__(self, app: APIGatewayRestResolver, people: People, tag: str = "templates") -> None:
        self.app, self._people, self._tag = app, people, tag

    def add(
        self,
        method: str,
        path: str,
        summary: str,
        model: Any,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        also: tuple[HTTPStatus, ...] = (),
    ) -> Callable[[Callable[..., Response[Any]]], None]:
        """Register a handler; its docstring is the description, and no query parameter but its own is let through."""

        def register(handler: Callable[..., Response[Any]]) -> None:
            known = dict.fromkeys(_query_names(handler))

            @functools.wraps(handler)
            def handle(**given: Any) -> Response[Any]:
                refuse_unknown_parameters(known, self.app.current_event.resolved_query_string_parameters)
                return handler(**given)

            done: Any = {"description": summary, "content": {JSON: {"model": model}}}
            problems = (*_ALWAYS, *(() if method == "GET" else _CHANGING), *also)
            self.app.route(
                path,
                method,
                summary=summary,
                description=inspect.cleandoc(handler.__doc__ or summary),
                operation_id=handler.__name__,
                tags=[self._tag],
                responses={status.value: done, **documented(*problems)},
            )(handle)

        return register

    def who(self) -> Principal:
        """Who asks. Raises ``RequestRefused``, 401 and 403."""
        return principal_of(self.app.current_event["requestContext"], self._people)

    def reader(self, environment: str | None, role: Role = "viewer") -> str:
        """The environment that is asked for, once it is sure that the one who asks may read there."""
        who = self.who()
        who.demand(role)
        return who.environment(environment)

    def asking(
        self, environment: str | None, if_match: str | None = None, key: str | None = None, role: Role = "editor"
    ) -> Asking:
        """A request to change something, by who may do what the role is for."""
        who, event = self.who(), self.app.current_event
        who.demand(role)
        query = sorted((name, tuple(values)) for name, values in event.resolved_query_string_parameters.items())
        parts = (event.http_method, event.path, repr(query), event.decoded_body or "")
        request = sha256("\n".join(parts).encode()).hexdigest()
        return Asking(who, who.environment(environment), if_match, key, request)

    def body(self, model: type[_Body]) -> _Body:
        """The body, checked strictly. Raises ``RequestRefused``, 415 and 422."""
        if not is_json(self.app):
            raise not_json(self.app)
        try:
            return model.model_validate_json(self.app.current_event.decoded_body or "null", strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            where = f"The field {place[:100]}" if place else "The body"
            message = f"{where} is not as described: {first['msg'][:200]}."
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_body", message) from error


def tell(model: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] = {}) -> Answer:
    """An answer that is one record."""
    return Answer(status.value, headers, model.model_dump_json())


def tell_template(template: Template, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] = {}) -> Answer:
    """A template, with its ETag."""
    return tell(TemplateView.of(template), status, {"ETag": etag(template), **headers})


def tell_moved(change: Change) -> Answer:
    """A template of which something has moved, with its ETag."""
    told = MovedTemplate.of(change.after).model_copy(update={"warnings": change.warnings})
    return tell(told, headers={"ETag": etag(change.after)})


def send(answer: Answer) -> Response[Any]:
    """The answer, as the resolver wants it.

    Raises:
        RequestRefused: it is too large to be sent.
    """
    if len(answer.body) * _MAX_BYTES_PER_CHAR > MAX_ANSWER_BYTES and (size := _bytes(answer.body)) > MAX_ANSWER_BYTES:
        message = (
            f"The answer has {size / 1e6:.1f} MB, and at most {MAX_ANSWER_BYTES / 1e6:.1f} MB are sent at once; ask "
            "for less: with a smaller limit, or for a text without its spans."
        )
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "answer_too_large", message)
    return Response(answer.status, JSON, answer.body, headers=dict(answer.headers))


def _bytes(body: str) -> int:
    """The size of a body within the answer of a Lambda function, which is JSON itself."""
    return len(json.dumps(body))


def selector_of(text: str) -> Selector:
    """A number or a label, as it stands in a path."""
    return int(text) if text.isdecimal() else text


def _query_names(handler: Callable[..., Any]) -> list[str]:
    named = inspect.signature(handler).parameters
    return [
        found.alias or name
        for name, parameter in named.items()
        for found in get_args(parameter.annotation)
        if isinstance(found, Query)
    ]
