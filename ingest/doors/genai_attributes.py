"""OpenTelemetry's GenAI conventions, new and old: which attribute is which field of a prompt execution.

Conventions: https://github.com/open-telemetry/semantic-conventions-genai. `gen_ai.response.id` and request settings
have no place in the contract and are not taken.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, NamedTuple


class Attribute(NamedTuple):
    """A span or resource attribute that we read."""

    field: str
    kind: str
    fast: Any
    """Reads the value off a protobuf attribute, if it has the type it should have and isn't empty or zero."""
    preferred: bool
    """Wins where a source sends an older or weaker name for the same field beside it."""


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


def place(fields: dict[str, Any], attribute: Attribute, value: Any) -> None:
    """Put an attribute's scalar value, of whatever type it is, to its field. ``None`` and empty text are no value."""
    if value is None or value == "":
        return
    if attribute.kind == "text" and type(value) is int:
        value = str(value)  # a user id out of a database
    elif attribute.kind == "count" and type(value) is float and value.is_integer() and abs(value) < 2**53:
        value = int(value)  # JavaScript has no integers
    if attribute.preferred:
        fields[attribute.field] = value
    else:
        fields.setdefault(attribute.field, value)
