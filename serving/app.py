"""The API, put together. The same for a Lambda behind API Gateway and for the embedded server."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from serving import problems
from serving.logic.answer import Published
from serving.logic.feedback import RecordFeedback
from serving.logic.templates.desk import Desk
from serving.resolver import Resolver
from serving.routes.analytics import add_question
from serving.routes.costs import COSTS
from serving.routes.feedback import add_feedback
from serving.routes.openapi import add_openapi
from serving.routes.performance import PERFORMANCE
from serving.routes.templates.collection import add_collection
from serving.routes.templates.labels import add_labels
from serving.routes.templates.one import add_one
from serving.routes.templates.registering import Routes
from serving.routes.templates.rendering import add_rendering
from serving.routes.templates.replacing import add_replacing
from serving.routes.templates.testing import add_testing
from serving.routes.templates.versions import add_versions
from serving.routes.usage import USAGE

QUESTIONS = (USAGE, PERFORMANCE, COSTS)


Guard = Callable[[str, str, Mapping[str, Any]], None]
"""Lets a request through by its method, path and context, or raises ``RequestRefused``."""


def build_app(
    reader: Published, record_feedback: RecordFeedback, desk: Desk, guard: Guard | None = None
) -> APIGatewayRestResolver:
    """The resolver with every route. It keeps the request at hand in class attributes: one request at a time.

    Args:
        reader: gives what was last published.
        record_feedback: keeps one event, or says why not.
        desk: keeps the templates.
        guard: decides who may ask for analytics, where nobody has decided it before.
    """
    # orjson refuses what is not JSON (NaN, numbers over 64 bits, endless nesting), where json reads on.
    app = Resolver(enable_validation=True, json_body_deserializer=orjson.loads)
    problems.install(app)
    if guard is not None:
        app.use([_guarding(guard)])
    for question in QUESTIONS:
        add_question(app, reader, question)
    add_feedback(app, record_feedback)
    routes = Routes(app)
    for add in (add_collection, add_one, add_versions, add_labels, add_rendering, add_testing):
        add(routes, desk)
    add_replacing(routes, desk, reader)
    add_openapi(app)
    return app


def _guarding(guard: Guard) -> Callable[[APIGatewayRestResolver, NextMiddleware], Response[Any]]:
    def let_through(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
        event = app.current_event
        guard(event.http_method, event.path, event["requestContext"])
        return next_middleware(app)

    return let_through
