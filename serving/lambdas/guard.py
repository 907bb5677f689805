"""Who may ask for all but what is open, or looks after itself: analytics, the lake's state, and feedback."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from serving.access import principal_of
from serving.logic.refused import RequestRefused
from serving.paths import HEALTH, PROMPTS
from serving.routes.openapi import PATH as OPENAPI


def let_in(method: str, path: str, request_context: Mapping[str, Any]) -> None:
    """Let a request through, before its route sees it.

    Raises:
        RequestRefused: 401 and 403.
    """
    if path in (OPENAPI, HEALTH) or path.startswith(PROMPTS):
        return
    who = principal_of(request_context)
    if method != "GET":
        who.demand("emitter")
        return
    who.demand("viewer")
    if who.environments:
        message = f"You may act in {', '.join(who.environments)}, and this reads all environments."
        raise RequestRefused(HTTPStatus.FORBIDDEN, "wrong_environment", message)
