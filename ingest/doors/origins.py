"""Which pages may send. A browser adds the page's origin to whatever a page posts to another one, and asks before it
posts anything but plain text; so a foreign page is refused at both moments, and an allowed one is told so (CORS).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.doors.exchange import Door, Request, Response
from ingest.doors.request_refused import RequestRefused

ANY = "*"
_OPAQUE = "null"  # what a browser says for a page from a file or a sandbox
_LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII)
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^\s/?#@\\,]+)", re.ASCII)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HEADER_NAMES = re.compile(r"[\w!#$%&'*+.^`|~, -]{1,1000}", re.ASCII)
_PREFLIGHT_MAX_AGE_S = 7200


@dataclass(frozen=True)
class Origins:
    """The origins whose pages may send: those on loopback, always, and the ones named here."""

    named: frozenset[str] = frozenset()

    def allow(self, origin: str) -> bool:
        """Whether a page of this origin, as a browser spells it, may send."""
        return ANY in self.named or origin in self.named or _LOOPBACK.fullmatch(origin) is not None


LOOPBACK_ONLY = Origins()


def parse(text: str) -> str:
    """An origin as browsers spell it, from what an owner writes; ``*`` and ``null`` stand for themselves.

    Raises:
        ValueError: it is none.
    """
    origin = text.strip().lower().removesuffix("/")
    if origin in (ANY, _OPAQUE):
        return origin
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise ValueError(f"{text!r} is no origin; write scheme, host and port only, such as https://app.example")
    return origin.removesuffix(_DEFAULT_PORTS.get(match[1], ""))


def check(request: Request, origins: Origins) -> None:
    """Let through what no page sent, or a page that may.

    Raises:
        RequestRefused: 403, before anything of the body was looked at.
    """
    origin = request.headers.get("origin")
    if origin is not None and not origins.allow(origin):
        raise RequestRefused(
            403,
            "foreign_origin",
            f"Pages of the origin {origin[:100]!a} may not send here; the lake's owner allows it with "
            "`promptlake up --allow-origin ORIGIN`.",
        )


def is_preflight(request: Request) -> bool:
    """Whether a browser asks if a page may send what it is about to."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def preflight(request: Request, door: Door) -> Response:
    """What a browser may send from an origin that was checked: whatever headers the page wants."""
    headers = {
        "access-control-allow-methods": ", ".join(door.methods),
        "access-control-max-age": str(_PREFLIGHT_MAX_AGE_S),
    }
    wanted = request.headers.get("access-control-request-headers", "")
    if _HEADER_NAMES.fullmatch(wanted):
        headers["access-control-allow-headers"] = wanted
    if request.headers.get("access-control-request-private-network") == "true":
        headers["access-control-allow-private-network"] = "true"
    return Response(204, headers, b"")


def share(request: Request, origins: Origins) -> Mapping[str, str]:
    """Headers that let a page of an allowed origin read its answer; none for anybody else."""
    origin = request.headers.get("origin")
    if origin is None or not origins.allow(origin):
        return {}
    return {
        # Never `*`: a beacon carries credentials, whether it wants to or not, and browsers then insist on the name.
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "retry-after",
        "vary": "origin",
    }
