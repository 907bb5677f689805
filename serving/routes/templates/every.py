"""All routes below ``/prompts/templates``."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from serving.logic.templates.desk import Desk
from serving.routes.templates.collection import add_collection
from serving.routes.templates.labels import add_labels
from serving.routes.templates.one import add_one
from serving.routes.templates.registering import Routes
from serving.routes.templates.rendering import add_rendering
from serving.routes.templates.replacing import add_replacing
from serving.routes.templates.testing import add_testing
from serving.routes.templates.versions import add_versions

if TYPE_CHECKING:
    from serving.logic.answer import Published


def add_templates(app: APIGatewayRestResolver, desk: Desk, reader: "Published") -> None:
    """Let the resolver keep, review, render and test templates."""
    routes = Routes(app, desk.people)
    for add in (add_collection, add_one, add_versions, add_labels, add_rendering, add_testing):
        add(routes, desk)
    add_replacing(routes, desk, reader)
