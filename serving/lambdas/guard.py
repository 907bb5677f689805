"""Who may ask for analytics and the lake's state, and send feedback; templates look after themselves."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from serving.access import principal_of
from serving.logic.refused import RequestRefused

_GUARDED = ("/analytics/", "/status")


def let_in(method: str, path: str, request_context: Mapping[str, Any]) -> None:
    """Let a request through, before its route sees it.

    Raises:
        RequestRefused: 401 and 403.
    """
    if not path.startswith(_GUARDED):
        return
    who = principal_of(request_context)
    if method != "GET":
        who.demand("emitter")
        return
    who.demand("viewer")
    if who.environments:
        message = f"You may act in {', '.join(who.environments)}, and this reads all environments."
        raise RequestRefused(HTTPStatus.FORBIDDEN, "wrong_environment", message)
