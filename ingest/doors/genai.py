"""A span that is a call of a model becomes a prompt execution: disjoint token buckets, our units, our words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLIENT_KIND: Final = 3
ERROR_STATUS: Final = 2
_UNNAMED_SERVICE = "unknown_service"

_MODEL_CALLS = {
    "chat": "chat",
    "generate_content": "chat",
    "text_completion": "completion",
    "embeddings": "embeddings",
}
_AGENTS = ("create_agent", "invoke_agent", "invoke_workflow")
_OPERATIONS = {**_MODEL_CALLS, "execute_tool": "tool", **dict.fromkeys(_AGENTS, "agent")}
_TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_5m_tokens")


class Span(NamedTuple):
    """What a span says besides its attributes. Ids are lower-case hex, times nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_span_id: str
    start_ns: int
    end_ns: int
    kind: int
    status: int


def resource_item(fields: dict[str, Any]) -> dict[str, Any]:
    """What a resource says about each of its spans. The name that SDKs invent for a service without one is none."""
    if str(fields.get("feature", "")).startswith(_UNNAMED_SERVICE):
        del fields["feature"]
    return fields


def to_item(fields: dict[str, Any], resource: Mapping[str, Any], span: Span) -> dict[str, Any] | Refusal | None:
    """A ``prompt_execution`` for the transform step to validate, or None where the span is no call of a model.

    It is one if it names a model, says that it is one (chat, completion, embeddings), or counts tokens without
    saying what it is. Tool, agent and other spans without a model are no calls: the contract needs a model, and
    what happens inside them has spans of its own. So has what an agent in this process used (kind other than
    client): its token sums are left out, because they would count twice. A call without a valid id is a ``Refusal``.
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
    if type(item.get("time_to_first_token_ms")) in (int, float):
        item["time_to_first_token_ms"] *= 1000.0  # seconds by convention
    if span.status == ERROR_STATUS or "error_class" in item:
        item["status"] = "error"
    _identify(item, span)
    if _is_id(span.trace_id, 32) and _is_id(span.span_id, 16):
        return item
    message = "prompt_execution: the span has no valid id; a trace id has 16 bytes, a span id 8, and not all are zero."
    return Refusal("invalid_id", message, "prompt_execution", payload=as_text(item))


def _is_id(text: str, digits: int) -> bool:
    return len(text) == digits and text.strip("0") != ""


def _separate_input(item: dict[str, Any]) -> None:
    """Make the buckets disjoint. By convention ``input_tokens`` includes what was cached, but not all sources know."""
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
    if span.start_ns and span.end_ns:
        item["latency_ms"] = (span.end_ns - span.start_ns + 500_000) // 1_000_000
