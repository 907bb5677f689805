"""A span that is a call of a model becomes a prompt execution: disjoint token buckets, our units, our words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from ingest.contracts.instants import from_us
from ingest.contracts.types import ID_MAX_CHARS
from ingest.contracts.validate import Refusal
from ingest.delivery.nesting import as_text
from ingest.doors import langfuse, openinference
from ingest.doors.genai_region import region_of
from ingest.doors.otlp_attribute import Attribute, text

CLIENT_KIND: Final = 3
ERROR_STATUS: Final = 2
_UNNAMED_SERVICE = "unknown_service"

_MODEL_CALLS = {
    "chat": "chat",
    "generate_content": "chat",
    "text_completion": "completion",
    "embeddings": "embeddings",
    "rerank": "rerank",
    "decision": "other",
}
_AGENTS = ("create_agent", "invoke_agent", "invoke_workflow")
_OPERATIONS = {**_MODEL_CALLS, "execute_tool": "tool", **dict.fromkeys(_AGENTS, "agent")}
_FETCHES_WHAT_WAS_BILLED = "fetch_response"
_TOKENS = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_5m_tokens")
_FOREIGN_FIELDS = openinference.RAW_FIELDS | langfuse.RAW_FIELDS

EXCEPTION_EVENT: Final = "exception"
EVENTS: Mapping[str, Mapping[str, Attribute]] = {
    EXCEPTION_EVENT: {"exception.type": text("error_class")},
    openinference.FIRST_TOKEN_EVENT: {},
}
"""Events on a span that tell of the call itself, and which of their attributes we read."""


class Span(NamedTuple):
    """What a span says besides its attributes. Ids are lower-case hex, times nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_span_id: str
    start_ns: int
    end_ns: int
    kind: int
    status: int


class SpanEvent(NamedTuple):
    """One event on a span: ``fields`` are what its attributes say."""

    name: str
    time_ns: int
    fields: dict[str, Any]


def resource_item(fields: dict[str, Any]) -> dict[str, Any]:
    """What a resource says about each of its spans. The name that SDKs invent for a service without one is none."""
    if str(fields.get("feature", "")).startswith(_UNNAMED_SERVICE):
        del fields["feature"]
    return fields


def add_events(fields: dict[str, Any], start_ns: int, events: Iterable[SpanEvent]) -> None:
    """What only the span's events say of the call: its kind of failure, and when its first token came."""
    for event in events:
        if event.name == openinference.FIRST_TOKEN_EVENT:
            fields.setdefault("time_to_first_token_s", (event.time_ns - start_ns) / 1e9)
        elif event.name == EXCEPTION_EVENT and "error_class" in event.fields:
            fields.setdefault("exception_class", event.fields["error_class"])


def to_item(fields: dict[str, Any], resource: Mapping[str, Any], span: Span) -> dict[str, Any] | Refusal | None:
    """A ``prompt_execution`` for the transform step to validate, or None where the span is no call of a model.

    It is one if it names a model, says that it is one (chat, completion, embeddings, rerank), or counts tokens without
    saying what it is. Tool, agent and other spans without a model are no calls: the contract needs a model, and
    what happens inside them has spans of its own. So has what an agent in this process used (kind other than
    client): its token sums are left out, because they would count twice. A call without a valid id is a ``Refusal``.
    """
    if not _FOREIGN_FIELDS.isdisjoint(fields):
        said = {name: value for name, value in fields.items() if not name.endswith("parameters_json")}
        try:
            if not (langfuse.translate(fields, span.start_ns) and openinference.translate(fields)):
                return None
        except ValueError as error:
            event_id = f"{span.trace_id}-{span.span_id}"[:ID_MAX_CHARS]
            payload = as_text({"event_type": "prompt_execution", **said})
            return Refusal("invalid_value", f"prompt_execution: {error}.", "prompt_execution", event_id, payload)
    operation = fields.get("operation")
    model = fields.get("model") or fields.get("requested_model")
    if operation == _FETCHES_WHAT_WAS_BILLED:
        return None
    if model is None and operation not in _MODEL_CALLS and (operation or fields.keys().isdisjoint(_TOKENS)):
        return None
    item = {"event_type": "prompt_execution", **resource, **fields}
    _put_model(item, model)
    _put_operation(item, operation, span.kind)
    _separate_input(item)
    _include_reasoning(item)
    _put_time_to_first_token(item)
    _put_region(item)
    _put_outcome(item, span.status)
    _identify(item, span)
    if is_id(span.trace_id, 32) and is_id(span.span_id, 16):
        return item
    message = "prompt_execution: the span has no valid id; a trace id has 16 bytes, a span id 8, and not all are zero."
    return Refusal("invalid_id", message, "prompt_execution", payload=as_text(item))


def is_id(hexadecimal: str, digits: int) -> bool:
    """Whether this is a trace id (32 digits) or span id (16) of something."""
    return len(hexadecimal) == digits and hexadecimal.strip("0") != ""


def _put_model(item: dict[str, Any], model: Any) -> None:
    if model is None:
        return
    item["model"] = model
    if item.get("requested_model") == model:
        del item["requested_model"]


def _put_operation(item: dict[str, Any], operation: Any, kind: int) -> None:
    if operation is not None:
        item["operation"] = _OPERATIONS.get(operation, "other")
    if operation in _AGENTS and kind != CLIENT_KIND:
        for name in _TOKENS:
            item.pop(name, None)


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


def _include_reasoning(item: dict[str, Any]) -> None:
    """Reasoning is part of the output. Where it is more than that, the source has counted it apart."""
    output, reasoning = item.get("output_tokens"), item.get("reasoning_tokens")
    if type(output) is type(reasoning) is int and 0 <= output < reasoning:
        item["output_tokens"] = output + reasoning


def _put_time_to_first_token(item: dict[str, Any]) -> None:
    first_token_s = item.pop("time_to_first_token_s", None)
    if first_token_s is not None:
        is_number = type(first_token_s) in (int, float)
        item["time_to_first_token_ms"] = first_token_s * 1000.0 if is_number else first_token_s


def _put_region(item: dict[str, Any]) -> None:
    address = item.pop("server_address", None)
    if type(address) is str and "region" not in item:
        region = region_of(address)
        if region is not None:
            item["region"] = region


def _put_outcome(item: dict[str, Any], status: int) -> None:
    exception_class = item.pop("exception_class", None)
    if status == ERROR_STATUS:
        item["status"] = "error"
    if exception_class is not None and item.get("status") == "error":
        # On a call that went well it is one that the application caught.
        item.setdefault("error_class", exception_class)
    if "error_class" in item:
        item["status"] = "error"


def _identify(item: dict[str, Any], span: Span) -> None:
    item["event_id"] = f"{span.trace_id}-{span.span_id}"
    item["trace_id"] = span.trace_id
    item["span_id"] = span.span_id
    if span.parent_span_id:
        item["parent_span_id"] = span.parent_span_id
    item["occurred_at"] = from_us(span.start_ns // 1000)
    if 0 < span.start_ns <= span.end_ns:  # else a clock was set back meanwhile, and nobody knows how long it took
        item["latency_ms"] = (span.end_ns - span.start_ns + 500_000) // 1_000_000
