"""Where clients put a key: each as its own library lets it."""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from ingest.doors.exchange import Request

KEY_PARAMETER = "key"
"""In the query, for a page's beacon, which can send no header."""

_AWS = re.compile(r"Credential=([^/,\s]+)/")


def presented(request: Request) -> Iterator[str]:
    """All that may be a key: of ``Authorization`` the bearer's token, either half of Basic, or the access key id of
    AWS's signature; ``X-Api-Key``; and the query's ``key``.
    """
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    match scheme.lower():
        case "bearer":
            yield rest.strip()
        case "basic":
            yield from _basic(rest)
        case "aws4-hmac-sha256":
            yield from _AWS.findall(rest)[:1]
    if "x-api-key" in request.headers:
        yield request.headers["x-api-key"].strip()
    yield from parse_qs(request.query).get(KEY_PARAMETER, [])


def _basic(encoded: str) -> Iterator[str]:
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return
    # Segment's libraries put a write key into the first, Langfuse's a secret key into the second.
    yield from (password, user)
