"""Each execution as the event that the contract describes."""

from decimal import Decimal
from typing import Any

import orjson

from ingest.contracts.types import PASSAGE_MAX_CHARS
from serving.logic.execution.asking import Asked
from serving.logic.execution.plan import Plan
from serving.logic.models.usage import Usage

PASSAGE_MAX_BYTES = 400_000
"""Of JSON, for each of prompt and answer: an event has a megabyte at most, in Firehose and Kinesis."""


def execution_event(
    plan: Plan, asked: Asked, cost_usd: Decimal | None, *, is_cache_hit: bool = False
) -> dict[str, Any]:
    """The event of an execution that has come back, with an answer or without."""
    completion = asked.completion
    told = {
        "provider": asked.target.provider.name,
        "model": completion.model,
        "requested_model": None if completion.model == plan.targets[0].model else plan.targets[0].model,
        "status": "ok" if completion.failure is None else "error",
        "error_class": completion.failure,
        "is_local_cache_hit": is_cache_hit or None,
        "finish_reason": completion.finish_reason,
        "latency_ms": round(asked.latency_ms),
        "time_to_first_token_ms": None if completion.first_text_ms is None else round(completion.first_text_ms),
        "reported_cost_usd": None if cost_usd is None or is_cache_hit else float(cost_usd),
        "answer": _passage(completion.text),
    }
    return _event(plan, told | (_tokens(completion.usage) if not is_cache_hit else {}))


def interrupted_event(plan_document: dict[str, Any]) -> dict[str, Any]:
    """The event of an execution whose process ended before it came back; all that is known of it is given."""
    return {"event_type": "prompt_execution", "status": "error", "error_class": "interrupted"} | {
        name: value for name, value in plan_document.items() if value is not None
    }


def _event(plan: Plan, told: dict[str, Any]) -> dict[str, Any]:
    event = about(plan) | {"event_type": "prompt_execution", "prompt": _passage(plan.prompt)} | told
    return {name: value for name, value in event.items() if value is not None}


def _passage(text: str) -> str | None:
    """The text, or as much of its beginning as goes into an event together with another."""
    kept = text[:PASSAGE_MAX_CHARS]
    while len(orjson.dumps(kept)) > PASSAGE_MAX_BYTES:
        kept = kept[: len(kept) // 2]
    return kept or None


def about(plan: Plan) -> dict[str, Any]:
    """What is known of an execution before a model is asked."""
    wanted, assigned = plan.wanted, plan.assigned
    is_running = assigned is not None and assigned.is_running
    return {
        "event_id": plan.execution_id,
        "occurred_at": plan.started_at.isoformat(),
        "environment": plan.environment,
        "team": wanted.team,
        "feature": wanted.feature,
        "user_id": wanted.user_id,
        "session_id": wanted.session_id,
        "trace_id": wanted.trace_id,
        "provider": plan.targets[0].provider.name,
        "model": plan.targets[0].model,
        "template_id": plan.template_id,
        "template_version": str(plan.version),
        "experiment": wanted.experiment if is_running else None,
        "variant": assigned.variant.name if assigned is not None and is_running else None,
    }


def _tokens(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    return {
        "uncached_input_tokens": usage.uncached_input,
        "cache_read_tokens": usage.cache_read,
        "cache_write_5m_tokens": usage.cache_write_5m,
        "cache_write_1h_tokens": usage.cache_write_1h,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "usage_convention": usage.convention,
    }
