"""The API behind a regional REST API (payload format 1.0), whose authorizer says who asks."""

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from serving.bare import bare_app
from serving.lambdas import wiring
from serving.lambdas.guard import let_in
from serving.lambdas.probing import components
from serving.routes.templates.every import PATH, add_templates

if TYPE_CHECKING:
    from ingest.contracts.validate import Refusal
    from serving.logic.answer import Tables


class _Published:
    """Reached at the first question about it: templates need no bucket."""

    def current(self) -> "Tables":
        return wiring.reader().current()


def _record(event: dict[str, Any]) -> "Refusal | None":
    return wiring.stream().record(event)


@cache
def templates() -> APIGatewayRestResolver:
    """The part of the API that a rendering waits for. It knows no metric, and so starts in a fraction of the time."""
    app = bare_app()
    add_templates(app, wiring.desk(), _Published())
    return app


@cache
def whole() -> APIGatewayRestResolver:
    """All of the API, put together at the first request that is not about templates."""
    from serving.app import build_app

    return build_app(_Published(), _record, wiring.desk(), let_in, probe=components)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    app = templates() if event["path"].startswith(PATH) else whole()
    return app.resolve(event, context)
