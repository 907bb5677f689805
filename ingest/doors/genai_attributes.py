"""Which attribute is which field of a prompt execution: OpenTelemetry's GenAI conventions, new and old, and others'.

GenAI: https://github.com/open-telemetry/semantic-conventions-genai. `gen_ai.response.id` and request settings have no
place in the contract and are not taken. Where a span follows several conventions, GenAI's names win.
"""

from collections.abc import Mapping

from ingest.doors import langfuse, openinference
from ingest.doors.otlp_attribute import Attribute, count, number, passage, text, weak

WHO_AND_WHAT: Mapping[str, Attribute] = {
    "user.id": text("user_id"),
    "enduser.id": text("user_id", preferred=False),
    "session.id": text("session_id"),
    "promptlake.team": text("team"),
    "promptlake.feature": text("feature"),
    "promptlake.template_id": text("template_id"),
    "promptlake.template_version": text("template_version"),
}
"""What any event may say, on itself or on its resource."""

_ANYWHERE = {
    **WHO_AND_WHAT,
    "promptlake.variant": text("variant"),
    "promptlake.experiment": text("experiment"),
}

RESOURCE_ATTRIBUTES: Mapping[str, Attribute] = {
    **_ANYWHERE,
    **weak(langfuse.RESOURCE_ATTRIBUTES),
    "deployment.environment.name": text("environment"),
    "deployment.environment": text("environment", preferred=False),
    "service.name": text("feature", preferred=False),
}

TEXT_ATTRIBUTES: Mapping[str, Attribute] = {
    "gen_ai.input.messages": passage("prompt"),
    "gen_ai.output.messages": passage("answer"),
    "gen_ai.prompt": passage("prompt", preferred=False),
    "gen_ai.completion": passage("answer", preferred=False),
    "langfuse.observation.input": passage("prompt", preferred=False),
    "langfuse.observation.output": passage("answer", preferred=False),
    "input.value": passage("prompt", preferred=False),
    "output.value": passage("answer", preferred=False),
}
"""What was said: read only where something of it is kept."""

SPAN_ATTRIBUTES: Mapping[str, Attribute] = {
    **weak(openinference.ATTRIBUTES),
    **weak(langfuse.ATTRIBUTES),
    **_ANYWHERE,
    "feature": text("feature", preferred=False),
    "error.type": text("error_class"),
    "gen_ai.operation.name": text("operation"),
    "gen_ai.provider.name": text("provider"),
    "gen_ai.system": text("provider", preferred=False),
    "gen_ai.request.model": text("requested_model"),
    "gen_ai.response.model": text("model"),
    "gen_ai.conversation.id": text("session_id", preferred=False),
    "gen_ai.prompt.name": text("template_id", preferred=False),
    "gen_ai.prompt.version": text("template_version", preferred=False),
    "gen_ai.response.finish_reasons": text("finish_reason"),
    "gen_ai.response.time_to_first_chunk": number("time_to_first_token_s"),
    "gen_ai.usage.input_tokens": count("input_tokens"),
    "gen_ai.usage.prompt_tokens": count("input_tokens", preferred=False),
    "gen_ai.usage.output_tokens": count("output_tokens"),
    "gen_ai.usage.completion_tokens": count("output_tokens", preferred=False),
    "gen_ai.usage.reasoning.output_tokens": count("reasoning_tokens"),
    "gen_ai.usage.reasoning_tokens": count("reasoning_tokens", preferred=False),
    "gen_ai.usage.cache_read.input_tokens": count("cache_read_tokens"),
    "gen_ai.usage.cache_read_input_tokens": count("cache_read_tokens", preferred=False),
    # No convention tells how long a write is kept; 5 minutes is what providers do unless asked.
    "gen_ai.usage.cache_write.input_tokens": count("cache_write_5m_tokens"),
    "gen_ai.usage.cache_creation.input_tokens": count("cache_write_5m_tokens", preferred=False),
    "gen_ai.usage.cache_creation_input_tokens": count("cache_write_5m_tokens", preferred=False),
    # The tier that was asked for, often "auto", says nothing about the bill.
    "openai.response.service_tier": text("service_tier"),
    "gen_ai.openai.response.service_tier": text("service_tier", preferred=False),
    # Where the model ran, as a client of AWS says on the span. On a resource it would be where the application runs.
    "aws.region": text("region"),
    "cloud.region": text("region", preferred=False),
    "server.address": text("server_address"),
}
