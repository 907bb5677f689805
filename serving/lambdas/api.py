"""The API behind a regional REST API (payload format 1.0), whose authorizer says who asks."""

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from serving.bare import bare_app
from serving.lambdas import variables, wiring
from serving.lambdas.guard import let_in
from serving.lambdas.probing import components
from serving.paths import PROMPTS, TEMPLATES
from serving.routes.templates.every import add_templates

if TYPE_CHECKING:
    from ingest.contracts.validate import Refusal
    from serving.logic.reading import Tables
    from serving.prompts import Prompts


class _Published:
    """Reached at the first question about it: templates need no bucket."""

    def current(self) -> "Tables":
        return wiring.reader().current()


def _record(event: dict[str, Any]) -> "Refusal | None":
    return wiring.streams().record(event)


@cache
def templates() -> APIGatewayRestResolver:
    """The part of the API that a rendering waits for. It knows no metric, and so starts in a fraction of the time."""
    app = bare_app()
    add_templates(app, wiring.desk(), _Published())
    return app


@cache
def prompts() -> "Prompts":
    """All that executes prompts."""
    from serving.prompts import open_prompts

    return open_prompts(wiring.desk(), _record, wiring.notify, wiring.defer)


@cache
def executing() -> APIGatewayRestResolver:
    """The part of the API that executes prompts, which knows no metric either."""
    from serving.prompts import add_prompts

    app = bare_app()
    add_prompts(app, prompts())
    return app


@cache
def whole() -> APIGatewayRestResolver:
    """All of the API, put together at the first request that is not about prompts."""
    from serving.app import build_app

    return build_app(
        _Published(),
        _record,
        wiring.desk(),
        let_in,
        prompts(),
        probe=components,
        smallest_group=wiring.smallest_group(),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request; or, called by ourselves, work on an execution that takes longer than a request may."""
    if (deferred := event.get(variables.DEFERRED)) is not None:
        prompts().executions.work(deferred["environment"], deferred["execution_id"])
        return {}
    path = event["path"]
    app = templates() if path.startswith(TEMPLATES) else executing() if path.startswith(PROMPTS) else whole()
    return app.resolve(event, context)
