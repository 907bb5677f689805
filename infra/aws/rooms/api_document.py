"""What API Gateway is told of the API. It follows from the API's own OpenAPI document, so no route stands twice.

API Gateway's cache is left alone: of a parameter that is repeated, as in ``feature=a&feature=b``, only one value can be
in its key, so one question would get another's answer. The API itself keeps answers, by publication.
"""

from collections.abc import Mapping
from typing import Any

from serving.paths import HEALTH
from serving.routes.openapi import PATH as OPENAPI

UNSUBSCRIBE = "/unsubscribe/{token}"
"""Where the links of mails lead. It is for people, not part of the API, and of stages only that mail reports."""
OPEN = (OPENAPI, HEALTH, UNSUBSCRIBE)
"""Asked without a key: they say nothing about anybody, or it is the link that lets one in."""
AUTHORIZER = "keys-and-tokens"
PLAN = "api_key"
AUTHORIZED_S = 60
"""A key that was revoked is good for as long in API Gateway."""


def gateway_document(
    openapi: Mapping[str, Any], title: str, function_uri: str, authorizer_uri: str, unsubscribe_uri: str | None = None
) -> dict[str, Any]:
    """The API as `AWS::ApiGateway::RestApi` takes it, in OpenAPI 3.0 with Amazon's extensions.

    Args:
        openapi: the API's own document.
        title: the API's name.
        function_uri: what API Gateway calls for each request.
        authorizer_uri: and who it asks before.
        unsubscribe_uri: what it calls where people unsubscribe, if they can.
    """
    paths = renamed({**openapi["paths"], OPENAPI: {"get": {}}})
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "version": openapi["info"]["version"]},
        "paths": {
            path: {method: _operation(path, told, function_uri) for method, told in operations.items()}
            for path, operations in paths.items()
        }
        | ({UNSUBSCRIBE: _unsubscribing(unsubscribe_uri)} if unsubscribe_uri else {}),
        "components": {
            "securitySchemes": {
                AUTHORIZER: _scheme(authorizer_uri),
                PLAN: {"type": "apiKey", "name": "x-api-key", "in": "header"},
            }
        },
        # Which usage plan a request counts for, the authorizer says; a caller needs no second key.
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-gateway-responses": _RESPONSES,
    }


def renamed(paths: Mapping[str, Any]) -> dict[str, Any]:
    """The same paths, where all that may stand in one place has one name, as API Gateway demands.

    It only counts for API Gateway: the API itself matches the path that was asked for.
    """
    names: dict[str, str] = {}
    found: dict[str, Any] = {}
    for path in sorted(paths):
        parts: list[str] = []
        for part in path.strip("/").split("/"):
            before = "/".join(parts)
            parts.append(names.setdefault(before, part) if part.startswith("{") else part)
        whole = "/" + "/".join(parts)
        found[whole] = {**found.get(whole, {}), **paths[path]}
    return found


def _operation(path: str, told: Mapping[str, Any], uri: str) -> dict[str, Any]:
    inside = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    query = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
    kinds = (("path", inside), ("query", query))
    parameters = [
        {"name": name, "in": kind, "required": kind == "path", "schema": {"type": "string"}}
        for kind, some in kinds
        for name in some
    ]
    return {
        **({"parameters": parameters} if parameters else {}),
        "responses": {},
        "security": [] if path in OPEN else [{AUTHORIZER: [], PLAN: []}],
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }


def _unsubscribing(uri: str) -> dict[str, Any]:
    return {method: _operation(UNSUBSCRIBE, {}, uri) for method in ("get", "post")}


def _scheme(uri: str) -> dict[str, Any]:
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "identitySource": "method.request.header.Authorization",
            "authorizerUri": uri,
            "authorizerResultTtlInSeconds": AUTHORIZED_S,
        },
    }


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    body = f'{{"type":"about:blank","status":{status},"code":"{code}","detail":"{detail}"}}'
    return {"statusCode": status, "responseTemplates": {"application/problem+json": body}}


_RESPONSES = {
    "UNAUTHORIZED": _problem(401, "nobody", "Say who you are: Authorization: Bearer with an access key or a token."),
    "ACCESS_DENIED": _problem(403, "wrong_role", "You may not do this here."),
    "THROTTLED": _problem(429, "too_fast", "More is asked than this API takes at once; try again in a moment."),
    "QUOTA_EXCEEDED": _problem(429, "too_fast", "This month's quota is used up."),
    "INTEGRATION_TIMEOUT": _problem(504, "too_slow", "The answer took longer than 29 seconds; ask for less."),
    "INTEGRATION_FAILURE": _problem(502, "failed", "The API failed; its owner has been told."),
    "DEFAULT_5XX": _problem(500, "failed", "The API failed; its owner has been told."),
}
"""What API Gateway answers by itself, in the form in which the API tells what went wrong."""
