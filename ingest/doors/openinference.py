"""OpenInference: spans whose kind says that a model was called, and their counts.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md. The prompt's count includes what was
cached, and the completion's what was reasoning, as with OpenTelemetry's own names.
"""

from collections.abc import Mapping
from typing import Any

from ingest.doors.otlp_attribute import Attribute, count, number, parameter, parameters, text

FIRST_TOKEN_EVENT = "First Token Stream Event"  # noqa: S105 - of text, not of access
"""Its instrumentations of streaming clients put this event on the span."""

RAW_FIELDS = frozenset({"span_kind", "provider_system", "invocation_parameters_json"})
"""Fields that are none of the contract's: ``translate`` takes them away."""

ATTRIBUTES: Mapping[str, Attribute] = {
    "openinference.span.kind": text("span_kind"),
    "llm.provider": text("provider"),
    "llm.system": text("provider_system"),
    "llm.model_name": text("model"),
    "llm.request.model_name": text("requested_model"),
    "llm.response.model_name": text("model"),
    "llm.token_count.prompt": count("input_tokens"),
    "llm.token_count.prompt_details.cache_read": count("cache_read_tokens"),
    "llm.token_count.prompt_details.cache_write": count("cache_write_5m_tokens"),
    "llm.token_count.completion": count("output_tokens"),
    "llm.token_count.completion_details.reasoning": count("reasoning_tokens"),
    "llm.cost.total": number("reported_cost_usd"),
    "llm.finish_reason": text("finish_reason"),
    "llm.invocation_parameters": parameters("invocation_parameters_json"),
    "llm.prompt_template.version": text("template_version"),
    "prompt.id": text("template_id"),
    "embedding.model_name": text("model"),
    "embedding.invocation_parameters": parameters("invocation_parameters_json"),
    "reranker.model_name": text("model"),
    "decision.provider": text("provider"),
    "decision.system": text("provider_system"),
    "decision.model_name": text("model"),
    "decision.request.model_name": text("requested_model"),
    "decision.response.model_name": text("model"),
    "decision.token_count.input": count("input_tokens"),
    "decision.token_count.output": count("output_tokens"),
}

_CALLS = {"LLM": "chat", "EMBEDDING": "embeddings", "RERANKER": "rerank", "DECISION": "decision"}
_AROUND_CALLS = frozenset({"CHAIN", "TOOL", "AGENT", "RETRIEVER", "GUARDRAIL", "EVALUATOR", "PROMPT"})


def translate(fields: dict[str, Any]) -> bool:
    """Say in GenAI's words what kind of span it is. False if it is one around calls, which have spans of their own.

    ``llm.system`` is whose API it is, ``llm.provider`` who runs it and so who bills it: the latter wins. What model
    was asked for, some instrumentations tell only among the parameters; of a call that failed that is all they tell.
    """
    kind = fields.pop("span_kind", None)
    requested_model = parameter(fields.pop("invocation_parameters_json", None), "model")
    if requested_model is not None:
        fields.setdefault("requested_model", requested_model)
    system = fields.pop("provider_system", None)
    if system is not None:
        fields.setdefault("provider", system)
    if kind is None or "operation" in fields:
        return True
    kind = str(kind).upper()
    if kind in _CALLS:
        fields["operation"] = _CALLS[kind]
    return kind not in _AROUND_CALLS
