"""The API describes itself."""

import json
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from serving.problems import JSON, refuse_unknown_parameters

PATH = "/openapi.json"
_UNUSED = ("HTTPValidationError", "ResponseValidationError", "ValidationError")


def add_openapi(app: APIGatewayRestResolver) -> None:
    """Let the resolver hand out its own description."""

    @cache
    def document() -> str:
        return json.dumps(openapi_document(app))

    @app.get(PATH, include_in_schema=False)
    def get_openapi() -> Response[Any]:
        refuse_unknown_parameters({}, app.current_event.resolved_query_string_parameters)
        return Response(HTTPStatus.OK.value, JSON, document())


def openapi_document(app: APIGatewayRestResolver) -> dict[str, Any]:
    """OpenAPI 3.1 of every route."""
    document: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title="promptlake",
            version=version("promptlake"),
            description="Prompts are kept and executed here. What they cost, how good they were and how people used "
            "them, as last published; and a place for feedback.",
        )
    )
    # Powertools notes its own form of a validation error everywhere; we answer with problem documents.
    for path in document["paths"].values():
        for operation in path.values():
            unused = [s for s, r in operation["responses"].items() if "HTTPValidationError" in json.dumps(r)]
            for status in unused:
                del operation["responses"][status]
    for name in _UNUSED:
        document["components"]["schemas"].pop(name, None)
    return document
