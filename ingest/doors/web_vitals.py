"""A metric object of the `web-vitals` library, as it hands it over, becomes a web vital event.

The library says its own things in camelCase. Beside them an application may set any field of the contract by the
contract's name (`page`, `session_id`, `user_id`, …); what it adds under other names goes to ``properties``. Of the
attribution the contract's fields are filled, and numbers that have none are kept in ``properties.attribution``; the
performance entries are left out, for they repeat all that and hold addresses with their queries.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from ingest.contracts.events.web_vital import WebVital
from ingest.contracts.types import without_query
from ingest.doors import device
from ingest.doors.addresses import path_of
from ingest.doors.made_ids import digest

_FIELDS = frozenset(WebVital.model_fields) - {"properties"}
_RENAMED = {"id": "metric_id", "navigationType": "navigation_type"}
_READ_APART = frozenset({"attribution", "properties", "timestamp", "navigationURL"})
_LEFT_OUT = frozenset({"entries", "navigationId", "navigationInteractionId", "navigationStartTime"})
# LCP's, INP's and CLS's own word for the element; the last was LCP's until version 4.
_TARGETS = ("target", "interactionTarget", "largestShiftTarget", "element")
_DURATIONS = {
    "inputDelay": "input_delay_ms",
    "processingDuration": "processing_ms",
    "presentationDelay": "presentation_delay_ms",
    "timeToFirstByte": "time_to_first_byte_ms",
    "resourceLoadDelay": "resource_delay_ms",
    "resourceLoadDuration": "resource_load_ms",
    "elementRenderDelay": "render_delay_ms",
}
_INTERACTIONS = ("pointer", "keyboard")
_PAGE_MAX_CHARS = 256
_ADDRESS_MAX_CHARS = 8192


def is_metric(item: Mapping[str, Any]) -> bool:
    """Whether this is a metric of the library, and no event of a contract."""
    return "event_type" not in item and "name" in item and "value" in item


def to_event(metric: Mapping[str, Any], user_agent: str, received_at: datetime) -> dict[str, Any]:
    """A ``web_vital`` for the transform step to validate.

    Its id follows from the metric's id, value and delta, so that a metric that was sent twice is stored once, if it
    says its time (`occurred_at`, or `timestamp` in milliseconds as `Date.now()` has it). Else it happened on arrival.
    """
    attribution = _object(metric.get("attribution"))
    event = {
        "event_type": "web_vital",
        "event_id": digest([metric.get(name) for name in ("name", "id", "value", "delta")]),
        "occurred_at": _time(metric.get("timestamp"), received_at),
        "device": device.from_user_agent(user_agent) if user_agent else None,
        "is_bot": device.is_bot(user_agent),
        "page": metric.get("navigationURL"),
        **_blamed(attribution),
    }
    properties: dict[str, Any] = {}
    for name, value in metric.items():
        field = _RENAMED.get(name, name)
        if field in _FIELDS:
            event[field] = value
        elif name not in _READ_APART and name not in _LEFT_OUT:
            properties[name] = value
    if isinstance(event["page"], str):
        event["page"] = path_of(event["page"])[:_PAGE_MAX_CHARS]
    numbers = {name: value for name, value in attribution.items() if _is_number(value) and name not in _DURATIONS}
    more = {"attribution": numbers or None, "user_agent": user_agent[: device.USER_AGENT_MAX_CHARS] or None}
    properties |= {name: value for name, value in more.items() if value is not None}
    said = metric.get("properties", {})
    event["properties"] = properties | said if isinstance(said, dict) else said
    return {name: value for name, value in event.items() if value is not None}


def _blamed(attribution: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's fields of an attribution; what is no text or no duration is as good as absent."""
    target = next((attribution[name] for name in _TARGETS if isinstance(attribution.get(name), str)), None)
    address, load_state = attribution.get("url"), attribution.get("loadState")
    interaction = attribution.get("interactionType")
    fields: dict[str, Any] = {
        field: value for name, field in _DURATIONS.items() if _is_number(value := attribution.get(name)) and value >= 0
    }
    if target:
        fields["target"] = target[:_ADDRESS_MAX_CHARS]
    if isinstance(address, str) and address:
        fields["resource_url"] = without_query(address)[:_ADDRESS_MAX_CHARS]
    if isinstance(load_state, str) and load_state:
        fields["load_state"] = load_state
    if interaction in _INTERACTIONS:
        fields["interaction_type"] = interaction
    return fields


def _time(timestamp: Any, received_at: datetime) -> Any:
    """Milliseconds since 1970 or an ISO time; anything else as it was said, for the contract to refuse."""
    if timestamp is None:
        return received_at
    if not _is_number(timestamp):
        return timestamp
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return timestamp


def _is_number(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
