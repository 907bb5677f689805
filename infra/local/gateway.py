"""API Gateway's part, embedded: an HTTP request becomes the event that the API's Lambda would get, and back."""

import base64
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from aws_lambda_powertools.utilities.typing import LambdaContext

_STAGE = "$default"


class Resolver(Protocol):
    """The part of a Powertools resolver that we need."""

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]: ...


def ask(
    app: Resolver,
    method: str,
    path: str,
    query_string: bytes | str,
    headers: Mapping[str, str],
    body: bytes,
    authorizer: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Let the API answer one HTTP request: status, headers, body.

    ``authorizer`` says who asks, as API Gateway's Lambda authorizers do.

    Safe to call from any thread, where the resolver is.
    """
    event = to_gateway_event(method, path, query_string, headers, body)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = dict(authorizer)
    return from_gateway_response(app.resolve(event, LambdaContext()))


def to_gateway_event(
    method: str, path: str, query_string: bytes | str, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """An API Gateway REST proxy event (payload 1.0).

    Args:
        method: HTTP method.
        path: decoded path, without the query.
        query_string: as sent, without the question mark, still percent-encoded.
        headers: by name, in any case.
        body: as sent.
    """
    query = query_string.decode("latin-1") if isinstance(query_string, bytes) else query_string
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        parameters.setdefault(name, []).append(value)
    text, is_base64 = _body(body)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "stage": _STAGE,
            "path": path,
            "httpMethod": method,
            "resourcePath": "/{proxy+}",
            "protocol": "HTTP/1.1",
            "requestTimeEpoch": time.time_ns() // 1_000_000,
        },
        "body": text,
        "isBase64Encoded": is_base64,
    }


def from_gateway_response(response: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What a proxy integration returned, as status, headers and body."""
    headers = dict(response.get("headers") or {})
    for name, values in (response.get("multiValueHeaders") or {}).items():
        headers[name] = ", ".join(values)
    body: str = response.get("body") or ""
    content = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
    return int(response["statusCode"]), headers, content


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
