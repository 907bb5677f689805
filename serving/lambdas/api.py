"""The API behind a regional REST API (payload format 1.0), whose authorizer says who asks."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from ingest.contracts.validate import Refusal
from serving.app import build_app
from serving.lambdas import wiring
from serving.lambdas.guard import let_in
from serving.logic.answer import Tables


class _Published:
    """Reached at the first question about it, so that templates need no bucket."""

    def current(self) -> Tables:
        return wiring.reader().current()


def _record(event: dict[str, Any]) -> Refusal | None:
    return wiring.stream().record(event)


@cache
def app() -> APIGatewayRestResolver:
    """The API, put together at the first request."""
    return build_app(_Published(), _record, wiring.desk(), let_in)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return app().resolve(event, context)
