"""A call of Segment's spec becomes a behaviour event.

| call | action | name |
|---|---|---|
| page, screen | page_view | the page's or screen's name |
| identify | identify | |
| track | experiment_exposure where the event is "Experiment Viewed", content_created where it is "Content Created"
(Edited and Consumed likewise), else feature_used | the event |
| group, alias | other | group, alias |

Traits tell about a person and are stored nowhere. What a call's properties say under the name of a contract field
(``LIFTED``) goes into that field, so that a click can be joined to the execution behind it; the rest stays in
``properties``, with the user agent, which also says whether a program called (``is_bot``).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self

import orjson

from ingest.contracts.types import ID_MAX_CHARS
from ingest.contracts.validate import Refusal
from ingest.delivery import nesting
from ingest.doors import device, segment_time
from ingest.doors.made_ids import made_id
from ingest.doors.segment_context import (
    TEXT_MAX_CHARS,
    as_object,
    as_text,
    consent,
    kind_of_device,
    page_fields,
    session_id,
    user_agent,
)

EVENT_MAX_BYTES = 32 << 10
LIFTED = ("environment", "team", "feature", "content_id", "execution_id", "template_id", "template_version")

_EXPOSURE = "experiment viewed"
_OF_CONTENT = frozenset({"content_created", "content_edited", "content_consumed"})
_EXPERIMENT = ("experiment_name", "experimentName", "experiment_id", "experimentId")
_VARIANT = ("variation_name", "variationName", "variation_id", "variationId")
_PAGE_PROPERTIES = frozenset({"path", "url", "search", "referrer", "title", "name"})
_PERSONAL = frozenset({"traits", "context"})


class Around(NamedTuple):
    """What holds for every call of a request."""

    kind: str
    context: Mapping[str, Any]
    sent_at: Any
    received_at: datetime

    @classmethod
    def of(cls, document: Mapping[str, Any], kind: str, received_at: datetime) -> Self:
        """What a request says beside its calls, and the kind that its path names."""
        return cls(kind, as_object(document.get("context")), document.get("sentAt"), received_at)


def to_item(call: Any, position: int, around: Around) -> dict[str, Any] | Refusal:
    """A ``behavior`` event for the transform step to validate, or why there can't be one.

    Args:
        call: one decoded call.
        position: where it stands in its batch.
        around: what the request says for all of them.
    """
    if not isinstance(call, dict):
        return Refusal("not_an_object", "A call is a JSON object, and this is none.", payload=nesting.as_text(call))
    kind = call.get("type", around.kind)
    if (refusal := _refusal(call, kind)) is not None:
        return refusal
    context = {**around.context, **as_object(call.get("context"))}
    properties = call.get("properties")
    item = {
        "event_type": "behavior",
        **_envelope(call, context, position, around),
        **page_fields(as_object(context.get("page"))),
        **KINDS[kind](call, as_object(properties)),
        "properties": properties,  # what is no object is for the contract to refuse
    }
    if properties is None or isinstance(properties, dict):
        _move_properties(item, kind, call, context)
    return {name: value for name, value in item.items() if value is not None}


def _refusal(call: dict[str, Any], kind: Any) -> Refusal | None:
    try:
        size_bytes = len(orjson.dumps(call))
    except TypeError:
        return _refuse(call, "too_deep", "The call is nested too deep to be stored; flatten its properties.")
    if size_bytes > EVENT_MAX_BYTES:
        return _refuse(call, "event_too_large", f"The call is larger than {EVENT_MAX_BYTES >> 10} KB; send less.")
    if not isinstance(kind, str) or kind not in KINDS:
        return _refuse(call, "unknown_value", f"The call's type is none of {', '.join(KINDS)}.")
    if kind == "track" and not call.get("event"):
        return _refuse(call, "missing_field", "A track call needs the field 'event', the name of what happened.")
    return None


def _refuse(call: dict[str, Any], code: str, message: str) -> Refusal:
    event_id = call.get("messageId")
    known_id = event_id[:ID_MAX_CHARS] if isinstance(event_id, str) else None
    kept = {name: value for name, value in call.items() if name not in _PERSONAL}
    return Refusal(code, message, "behavior", known_id, nesting.as_text(kept))


def _envelope(call: dict[str, Any], context: Mapping[str, Any], position: int, around: Around) -> dict[str, Any]:
    timestamp = call.get("timestamp", call.get("originalTimestamp"))
    sent_at = call.get("sentAt", around.sent_at)
    event_id = as_text(call.get("messageId"))
    if event_id is None:
        unsent = {name: value for name, value in call.items() if name != "sentAt"}
        event_id = made_id(unsent, position, around.received_at if timestamp is None else None)
    return {
        "event_id": event_id,
        "occurred_at": segment_time.occurred_at(timestamp, sent_at, around.received_at),
        "user_id": as_text(call.get("userId")),
        "anonymous_id": as_text(call.get("anonymousId")),
        "session_id": session_id(call, context),
        "consent": consent(context),
        "device": kind_of_device(context),
        "is_bot": device.is_bot(user_agent(context)),
    }


def _page(call: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    seen = {name: value for name, value in page_fields(properties).items() if value is not None}
    return {"action": "page_view", "name": as_text(call.get("name")), **seen}


def _screen(call: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    return {"action": "page_view", "name": as_text(call.get("name"))}


def _track(call: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    event = call["event"]
    said = event.replace("_", " ").strip().lower() if isinstance(event, str) else ""
    if (action := said.replace(" ", "_")) in _OF_CONTENT:
        return {"action": action, "name": event}
    if said != _EXPOSURE:
        return {"action": "feature_used", "name": event}
    experiment, variant = _first(properties, _EXPERIMENT), _first(properties, _VARIANT)
    return {"action": "experiment_exposure", "name": event, "experiment": experiment, "variant": variant}


def _identify(*_: dict[str, Any]) -> dict[str, Any]:
    return {"action": "identify"}


def _group(*_: dict[str, Any]) -> dict[str, Any]:
    return {"action": "other", "name": "group"}


def _alias(call: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    """The id that the person had before is nearly always an anonymous one."""
    had_before = as_text(call.get("anonymousId")) or as_text(call.get("previousId"))
    return {"action": "other", "name": "alias", "anonymous_id": had_before}


KINDS: Mapping[str, Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
    "track": _track,
    "identify": _identify,
    "page": _page,
    "screen": _screen,
    "group": _group,
    "alias": _alias,
}
"""The fields that each kind of call fills from itself and its properties."""


def _move_properties(item: dict[str, Any], kind: str, call: dict[str, Any], context: Mapping[str, Any]) -> None:
    """Leave in ``properties`` what has no field, and put there what a field would be wanting for."""
    left = dict(item["properties"] or {})
    if kind == "page":
        left = {name: value for name, value in left.items() if name not in _PAGE_PROPERTIES}
    for name in LIFTED:
        text = as_text(left.get(name))
        if isinstance(text, str) and len(text) <= TEXT_MAX_CHARS:
            item[name] = text
            del left[name]
    more = {"category": call.get("category"), "group_id": call.get("groupId"), "user_agent": user_agent(context)}
    item["properties"] = {**{name: value for name, value in more.items() if value is not None}, **left} or None


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    found = (as_text(properties.get(name)) for name in names)
    return next((text for text in found if text is not None), None)
