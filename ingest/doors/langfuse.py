"""Langfuse's SDKs: the attributes that they put on OpenTelemetry spans. Prompts and answers among them are
read where something of them is kept.

https://langfuse.com/integrations/native/opentelemetry#property-mapping
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from ingest.contracts.instants import EPOCH
from ingest.doors.langfuse_usage import buckets
from ingest.doors.otlp_attribute import Attribute, parameter, parameters, text

RESOURCE_ATTRIBUTES: Mapping[str, Attribute] = {"langfuse.environment": text("environment")}

ATTRIBUTES: Mapping[str, Attribute] = {
    **RESOURCE_ATTRIBUTES,
    "langfuse.user.id": text("user_id"),
    "langfuse.session.id": text("session_id"),
    "langfuse.observation.type": text("observation_type"),
    "langfuse.observation.level": text("observation_level"),
    "langfuse.observation.model.name": text("model"),
    "langfuse.observation.model.parameters": parameters("model_parameters_json"),
    "langfuse.observation.usage_details": text("usage_details_json"),
    "langfuse.observation.cost_details": text("cost_details_json"),
    "langfuse.observation.completion_start_time": text("completion_start_json"),
    "langfuse.observation.prompt.name": text("template_id"),
    "langfuse.observation.prompt.version": text("template_version"),
}

RAW_FIELDS = frozenset({a.field for a in ATTRIBUTES.values() if a.field.startswith("observation_")}) | frozenset(
    {a.field for a in ATTRIBUTES.values() if a.field.endswith("_json")}
)
"""Fields that are none of the contract's: ``translate`` takes them away."""

_CALLS = {"generation": "chat", "embedding": "embeddings"}
_AROUND_CALLS = frozenset({"span", "event", "agent", "tool", "chain", "retriever", "evaluator", "guardrail"})
_COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_5m_tokens")
_TOTAL_COSTS = ("total", "total_cost")
_AUTO_TIER = "auto"


def translate(fields: dict[str, Any], start_ns: int) -> bool:
    """Replace Langfuse's fields by the contract's. False if the span is one around calls, which have their own.

    What Langfuse's attributes say of usage replaces what other conventions on the same span say.

    Raises:
        ValueError: an attribute does not hold the JSON that it should; the message names it.
    """
    kind = str(fields.pop("observation_type", "")).lower()
    if fields.pop("observation_level", None) == "ERROR":
        fields["status"] = "error"
    if "operation" not in fields:
        if kind in _AROUND_CALLS:
            return False
        if kind in _CALLS:
            fields["operation"] = _CALLS[kind]
    _put_usage(fields)
    _put_cost(fields)
    _put_service_tier(fields)
    _put_first_token(fields, start_ns)
    return True


def _put_usage(fields: dict[str, Any]) -> None:
    usage = _object(fields, "usage_details")
    if usage is None:
        return
    for name in _COUNTS:
        fields.pop(name, None)
    fields.update(buckets(usage))


def _put_cost(fields: dict[str, Any]) -> None:
    costs = _object(fields, "cost_details")
    if costs is None:
        return
    parts = {name: value for name, value in costs.items() if value is not None}
    if any(type(value) not in (int, float) for value in parts.values()):
        raise ValueError("langfuse.observation.cost_details has a cost that is not a number")
    total = next((parts[name] for name in _TOTAL_COSTS if name in parts), None)
    if parts:
        fields["reported_cost_usd"] = sum(parts.values()) if total is None else total


def _put_service_tier(fields: dict[str, Any]) -> None:
    # Langfuse's wrappers of model clients put the tier that the provider answered with among the parameters.
    tier = parameter(fields.pop("model_parameters_json", None), "service_tier")
    if tier is not None and tier != _AUTO_TIER:
        fields.setdefault("service_tier", tier)


def _put_first_token(fields: dict[str, Any], start_ns: int) -> None:
    quoted = fields.pop("completion_start_json", None)
    if quoted is None:
        return
    try:
        first_token_at = datetime.fromisoformat(quoted.strip('"'))
        fields["time_to_first_token_s"] = (first_token_at - EPOCH).total_seconds() - start_ns / 1e9
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            "langfuse.observation.completion_start_time is not an ISO 8601 time with its offset"
        ) from error


def _object(fields: dict[str, Any], name: str) -> dict[str, Any] | None:
    document = fields.pop(f"{name}_json", None)
    if document is None:
        return None
    try:
        decoded = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"langfuse.observation.{name} is not JSON") from error
    if not isinstance(decoded, dict):
        raise ValueError(f"langfuse.observation.{name} is not a JSON object")  # noqa: TRY004
    return decoded
