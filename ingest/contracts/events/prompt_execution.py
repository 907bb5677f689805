"""One call of a language model, successful or not."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from ingest.contracts.envelope import EVENT_TYPE, Event
from ingest.contracts.types import Identifier, Milliseconds, Passage, Text, Tokens, UsdCost, described


class PromptExecution(Event):
    """Token buckets are disjoint: input = uncached + cache read + cache writes. Reasoning is part of output."""

    TITLE: ClassVar[str] = "Prompt execution"

    event_type: Literal["prompt_execution"] = EVENT_TYPE
    operation: Literal["chat", "completion", "embeddings", "image", "tool", "agent", "rerank", "other"] = described(
        "What the model was asked to do", default="chat"
    )
    provider: Text | None = described("Who bills the call, such as anthropic or aws.bedrock", default=None)
    model: Text = described("Model that answered, in the provider's spelling")
    requested_model: Text | None = described("Model that was asked for, where it differs", default=None)
    status: Literal["ok", "error"] = described("Whether an answer came", default="ok")
    error_class: Text | None = described("Kind of failure, never its message", default=None)
    region: Text | None = described("Region of the provider that answered, such as eu-central-1", default=None)
    service_tier: Text | None = described("Tier it was billed at, such as flex or priority", default=None)
    is_batch: bool | None = described("Whether it ran in a batch, at the batch's price", default=None)
    is_local_cache_hit: bool | None = described(
        "Whether the application's own cache answered, so that nobody bills it", default=None
    )
    finish_reason: Text | None = described("Why the model stopped", default=None)
    uncached_input_tokens: Tokens | None = described("Input read at full price", "tokens", default=None)
    cache_read_tokens: Tokens | None = described("Input read from the provider's cache", "tokens", default=None)
    cache_write_5m_tokens: Tokens | None = described("Input written to the cache for 5 minutes", "tokens", default=None)
    cache_write_1h_tokens: Tokens | None = described("Input written to the cache for 1 hour", "tokens", default=None)
    output_tokens: Tokens | None = described("Everything generated, reasoning included", "tokens", default=None)
    reasoning_tokens: Tokens | None = described("Part of the output that was reasoning", "tokens", default=None)
    usage_convention: Literal["input_includes_cached", "input_excludes_cached"] | None = described(
        "How the source counted its input before the buckets were made disjoint", default=None
    )
    latency_ms: Milliseconds | None = described("From request to last byte", "milliseconds", default=None)
    time_to_first_token_ms: Milliseconds | None = described("From request to first token", "milliseconds", default=None)
    reported_cost_usd: UsdCost | None = described(
        "Cost as the source computed it; never used for ours", "US dollars", default=None
    )
    template_id: Text | None = described("Prompt template that was rendered", default=None)
    template_version: Text | None = described("Version of that template", default=None)
    variant: Text | None = described("Arm of the experiment", default=None)
    experiment: Text | None = described("Experiment the call took part in", default=None)
    prompt: Passage | None = described("What the model was given", pii="content", default=None)
    answer: Passage | None = described("What it answered", pii="content", default=None)
    span_id: Identifier | None = described("W3C span id", default=None)
    parent_span_id: Identifier | None = described("W3C id of the span around it", default=None)

    @model_validator(mode="after")
    def _reasoning_is_output(self) -> Self:
        reasoning = self.reasoning_tokens
        if reasoning is not None and reasoning > (self.output_tokens or 0):
            raise ValueError(
                f"reasoning_tokens ({reasoning}) is part of output_tokens ({self.output_tokens}) and can't be larger"
            )
        return self
