"""The API before it has any route."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from serving import problems
from serving.resolver import Resolver

Guard = Callable[[str, str, Mapping[str, Any]], None]
"""Lets a request through by its method, path and context, or raises ``RequestRefused``."""


def bare_app(guard: Guard | None = None) -> Resolver:
    """A resolver that tells all that goes wrong as a problem.

    Args:
        guard: decides who may ask, where nobody has decided it before.
    """
    # orjson refuses what is not JSON (NaN, numbers over 64 bits, endless nesting), where json reads on.
    app = Resolver(enable_validation=True, json_body_deserializer=orjson.loads)
    problems.install(app)
    app.use([_uncoded])
    if guard is not None:
        app.use([_guarding(guard)])
    return app


def _uncoded(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    if refusal := problems.coded(app):
        raise refusal
    return next_middleware(app)


def _guarding(guard: Guard) -> Callable[[APIGatewayRestResolver, NextMiddleware], Response[Any]]:
    def let_through(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
        event = app.current_event
        guard(event.http_method, event.path, event["requestContext"])
        return next_middleware(app)

    return let_through
