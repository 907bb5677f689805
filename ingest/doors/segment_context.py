"""What Segment's `context` says about where a call was made: session, consent, device and page."""

from collections.abc import Mapping
from typing import Any

from ingest.contracts.types import Device
from ingest.doors import device
from ingest.doors.addresses import path_of

TEXT_MAX_CHARS = 256
_DEVICES: Mapping[str, Device] = {
    "ios": "mobile",
    "android": "mobile",
    "phone": "mobile",
    "mobile": "mobile",
    "ipad": "tablet",
    "tablet": "tablet",
    "desktop": "desktop",
}


def as_object(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one: what is no object says nothing of what we look for."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> Any:
    """A name or an id; some libraries send one as a number. What is empty is absent. Anything else stays as it is, for
    the contract to refuse.
    """
    if type(value) is int:
        return str(value)
    return None if value == "" else value


def session_id(call: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    """`context.sessionId`, or the session that one of the integrations was told of."""
    if (session := as_text(context.get("sessionId"))) is not None:
        return session
    told = (as_text(as_object(one).get("session_id")) for one in as_object(call.get("integrations")).values())
    return next((session for session in told if session is not None), None)


def consent(context: Mapping[str, Any]) -> dict[str, bool] | None:
    """Of the categories, which are the customer's own, the one that means what ours means."""
    categories = as_object(as_object(context.get("consent")).get("categoryPreferences"))
    withheld = any(name.lower() == "analytics" and agreed is False for name, agreed in categories.items())
    return {"analytics": False} if withheld else None


def kind_of_device(context: Mapping[str, Any]) -> Device | None:
    """`context.device.type`, or what the user agent says."""
    kind = as_object(context.get("device")).get("type")
    if isinstance(kind, str) and kind:
        return _DEVICES.get(kind.lower(), "other")
    agent = user_agent(context)
    return device.from_user_agent(agent) if agent else None


def user_agent(context: Mapping[str, Any]) -> str | None:
    """As much of it as is kept."""
    agent = context.get("userAgent")
    return agent[: device.USER_AGENT_MAX_CHARS] if isinstance(agent, str) else None


def page_fields(page: Mapping[str, Any]) -> dict[str, Any]:
    """A title or path over the limit is cut: a view with half a title is better than none."""
    address = page.get("path") or page.get("url")
    title, referrer = as_text(page.get("title")), as_text(page.get("referrer"))
    return {
        "page": path_of(address)[:TEXT_MAX_CHARS] or None if isinstance(address, str) else as_text(address),
        "title": title[:TEXT_MAX_CHARS] if isinstance(title, str) else title,
        "referrer": referrer,
    }
