"""The collector: every HTTP door, behind an API Gateway HTTP API (payload format 2.0) or a function URL."""

import base64
from typing import Any

from ingest.doors.exchange import Request, Response
from ingest.doors.lambdas import wiring

_DEFAULT_STAGE = "$default"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return to_gateway(wiring.doors().answer(to_request(event)))


def to_request(event: dict[str, Any]) -> Request:
    """The request that API Gateway describes. A protobuf body comes as base64, and is bytes again here."""
    body = event.get("body") or ""
    return Request(
        event["requestContext"]["http"]["method"],
        _path(event),
        {name.lower(): value for name, value in event.get("headers", {}).items()},
        base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        event.get("rawQueryString", ""),
    )


def _path(event: dict[str, Any]) -> str:
    """The path below the stage, whose name stands before it unless it is the default one."""
    path, stage = str(event["rawPath"]), event["requestContext"].get("stage", _DEFAULT_STAGE)
    return path if stage == _DEFAULT_STAGE else path.removeprefix(f"/{stage}")


def to_gateway(response: Response) -> dict[str, Any]:
    """The answer as API Gateway wants it: text, or base64 and said so."""
    answer: dict[str, Any] = {"statusCode": response.status, "headers": response.headers}
    try:
        return answer | {"body": response.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return answer | {"body": base64.b64encode(response.body).decode(), "isBase64Encoded": True}
