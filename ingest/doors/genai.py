"""OpenTelemetry's GenAI conventions, new and old: which span attribute is which field of a prompt execution.

Conventions: https://github.com/open-telemetry/semantic-conventions-genai. `gen_ai.response.id` and request settings
have no place in the contract and are not taken.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLIENT_KIND: Final = 3
ERROR_STATUS: Final = 2


class Attribute(NamedTuple):
    """A span or resource attribute that we read."""

    field: str
    kind: str
    fast: Any
    """Reads the value off a protobuf attribute, if it has the type it should have and isn't empty or zero."""
    preferred: bool
    """Wins where a source sends an older or weaker name for the same field beside it."""


class Span(NamedTuple):
    """What a span says besides its attributes. Ids are lower-case hex, times nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_span_id: str
    start_ns: int
    end_ns: int
    kind: int
    status: int


def _text(field: str, preferred: bool = True) -> Attribute:
    return Attribute(field, "text", attrgetter("value.string_value"), preferred)


def _count(field: str, preferred: bool = True) -> Attribute:
    return Attribute(field, "count", attrgetter("value.int_value"), preferred)


_ANYWHERE = {
    "user.id": _text("user_id"),
    "enduser.id": _text("user_id", preferred=False),
    "session.id": _text("session_id"),
    "promptlake.team": _text("team"),
    "promptlake.feature": _text("feature"),
    "promptlake.template_id": _text("template_id"),
    "promptlake.template_version": _text("template_version"),
    "promptlake.variant": _text("variant"),
    "promptlake.experiment": _text("experiment"),
}

RESOURCE_ATTRIBUTES: Mapping[str, Attribute] = {
    **_ANYWHERE,
    "deployment.environment.name": _text("environment"),
    "deployment.environment": _text("environment", preferred=False),
    "service.name": _text("feature", preferred=False),
}

SPAN_ATTRIBUTES: Mapping[str, Attribute] = {
    **_ANYWHERE,
    "feature": _text("feature", preferred=False),
    "error.type": _text("error_class"),
    "gen_ai.operation.name": _text("operation"),
    "gen_ai.provider.name": _text("provider"),
    "gen_ai.system": _text("provider", preferred=False),
    "gen_ai.request.model": _text("requested_model"),
    "gen_ai.response.model": _text("model"),
    "gen_ai.conversation.id": _text("session_id", preferred=False),
    "gen_ai.prompt.name": _text("template_id", preferred=False),
    "gen_ai.prompt.version": _text("template_version", preferred=False),
    "gen_ai.response.finish_reasons": Attribute("finish_reason", "text", attrgetter("value.string_value"), True),
    "gen_ai.response.time_to_first_chunk": Attribute(
        "time_to_first_token_ms", "seconds", attrgetter("value.double_value"), True
    ),
    "gen_ai.usage.input_tokens": _count("input_tokens"),
    "gen_ai.usage.prompt_tokens": _count("input_tokens", preferred=False),
    "gen_ai.usage.output_tokens": _count("output_tokens"),
    "gen_ai.usage.completion_tokens": _count("output_tokens", preferred=False),
    "gen_ai.usage.reasoning.output_tokens": _count("reasoning_tokens"),
    "gen_ai.usage.cache_read.input_tokens": _count("cache_read_tokens"),
    # No convention tells how long a write is kept; 5 minutes is what providers do unless asked.
    "gen_ai.usage.cache_write.input_tokens": _count("cache_write_5m_tokens"),
    "gen_ai.usage.cache_creation.input_tokens": _count("cache_write_5m_tokens", preferred=False),
}

_MODEL_CALLS = {
    "chat": "chat",
    "generate_content": "chat",
    "text_completion": "completion",
    "embeddings": "embeddings",
}
_AGENTS = ("create_agent", "invoke_agent", "invoke_workflow")
_OPERATIONS = {**_MODEL_CALLS, "execute_tool": "tool", **dict.fromkeys(_AGENTS, "agent")}
_TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_5m_tokens")


def place(fields: dict[str, Any], attribute: Attribute, value: Any) -> None:
    """Put an attribute's value, of whatever type it came as, to its field. ``None`` and empty text are no value."""
    if isinstance(value, list):
        value = value[0] if value else None  # one reason for each choice; nearly always there is one choice
    if value is None or value == "":
        return
    if attribute.kind == "text" and type(value) is int:
        value = str(value)  # a user id out of a database
    elif attribute.kind == "count" and type(value) is float and value.is_integer():
        value = int(value)  # JavaScript has no integers
    if attribute.preferred:
        fields[attribute.field] = value
    else:
        fields.setdefault(attribute.field, value)


def to_item(fields: dict[str, Any], resource: Mapping[str, Any], span: Span) -> dict[str, Any] | None:
    """A ``prompt_execution`` for the transform step to validate, or None where the span is no call of a model.

    It is one if it names a model, says that it is one (chat, completion, embeddings), or counts tokens without
    saying what it is. Tool, agent and other spans without a model are no calls: what they cost is in spans of
    their own. So is what an agent in this process used (kind other than client): its token sums are left out,
    because they would count twice.
    """
    operation = fields.get("operation")
    model = fields.get("model") or fields.get("requested_model")
    if model is None and operation not in _MODEL_CALLS and (operation or fields.keys().isdisjoint(_TOKENS)):
        return None
    item = {"event_type": "prompt_execution", **resource, **fields}
    if model is not None:
        item["model"] = model
        if item.get("requested_model") == model:
            del item["requested_model"]
    if operation is not None:
        item["operation"] = _OPERATIONS.get(operation, "other")
    if operation in _AGENTS and span.kind != CLIENT_KIND:
        for name in _TOKENS:
            item.pop(name, None)
    _separate_input(item)
    if "time_to_first_token_ms" in item and isinstance(item["time_to_first_token_ms"], int | float):
        item["time_to_first_token_ms"] *= 1000
    if span.status == ERROR_STATUS or "error_class" in item:
        item["status"] = "error"
    _identify(item, span)
    return item


def _separate_input(item: dict[str, Any]) -> None:
    """Make the buckets disjoint. By convention ``input_tokens`` includes what was cached, but not every source knows."""
    total = item.pop("input_tokens", None)
    if total is None:
        return
    cached = (item.get("cache_read_tokens", 0), item.get("cache_write_5m_tokens", 0))
    uncached = total
    if type(total) is type(cached[0]) is type(cached[1]) is int:
        uncached = total - cached[0] - cached[1]
    if type(uncached) is int and uncached < 0 <= total:
        item["uncached_input_tokens"] = total
        item["usage_convention"] = "input_excludes_cached"
    else:
        item["uncached_input_tokens"] = uncached
        item["usage_convention"] = "input_includes_cached"


def _identify(item: dict[str, Any], span: Span) -> None:
    item["event_id"] = f"{span.trace_id}-{span.span_id}"
    item["trace_id"] = span.trace_id
    item["span_id"] = span.span_id
    if span.parent_span_id:
        item["parent_span_id"] = span.parent_span_id
    item["occurred_at"] = _EPOCH + timedelta(microseconds=span.start_ns // 1000)
    if span.end_ns:
        item["latency_ms"] = (span.end_ns - span.start_ns + 500_000) // 1_000_000
