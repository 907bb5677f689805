"""The API, put together. The same for a Lambda behind API Gateway and for the embedded server."""

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from serving import problems
from serving.logic.answer import Published
from serving.logic.feedback import RecordFeedback
from serving.logic.templates.desk import Desk
from serving.routes.analytics import add_question
from serving.routes.costs import COSTS
from serving.routes.feedback import add_feedback
from serving.routes.openapi import add_openapi
from serving.routes.performance import PERFORMANCE
from serving.routes.templates.collection import add_collection
from serving.routes.templates.labels import add_labels
from serving.routes.templates.one import add_one
from serving.routes.templates.registering import Routes
from serving.routes.templates.replacing import add_replacing
from serving.routes.templates.versions import add_versions
from serving.routes.usage import USAGE

QUESTIONS = (USAGE, PERFORMANCE, COSTS)


def build_app(reader: Published, record_feedback: RecordFeedback, desk: Desk) -> APIGatewayRestResolver:
    """The resolver with every route. It keeps the request at hand in class attributes: one request at a time.

    Args:
        reader: gives what was last published.
        record_feedback: keeps one event, or says why not.
        desk: keeps the templates.
    """
    # orjson refuses what is not JSON (NaN, numbers over 64 bits, endless nesting), where json reads on.
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=orjson.loads)
    problems.install(app)
    for question in QUESTIONS:
        add_question(app, reader, question)
    add_feedback(app, record_feedback)
    routes = Routes(app)
    for add in (add_collection, add_one, add_versions, add_labels):
        add(routes, desk)
    add_replacing(routes, desk, reader)
    add_openapi(app)
    return app
