"""OpenAI's client, watched by OpenInference, exported by OpenTelemetry: all three unchanged."""

from pathlib import Path
from typing import Any

import openai
import pytest
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from openinference.semconv.trace import OpenInferenceSpanKindValues, SpanAttributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.clients.stored import who
from tests.commands import run_json, up
from tests.ingest.doors.clients.openai_stub import ANSWERED_BY, EMBEDDING_USAGE, TOO_BUSY, USAGE, openai_stub

INPUT = ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
ASK: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello."}]}


def call(client: openai.OpenAI) -> None:
    """Each kind of call once: plain, streamed, refused by the provider, and an embedding."""
    client.chat.completions.create(**ASK)
    stream = client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == "Hello there."
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**ASK | {"model": TOO_BUSY})
    client.embeddings.create(model="text-embedding-3-small", input="hello")


def send(url: str) -> list[ReadableSpan]:
    """What an application does, and what its SDK itself knows of it."""
    known = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    provider.add_span_processor(SimpleSpanProcessor(known))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        chain = {SpanAttributes.OPENINFERENCE_SPAN_KIND: OpenInferenceSpanKindValues.CHAIN.value}
        with (
            openai_stub() as base_url,
            openai.OpenAI(base_url=base_url, api_key="any", max_retries=0) as client,
            provider.get_tracer("app").start_as_current_span("answer", attributes=chain),
            using_attributes(session_id="s1", user_id="u1", prompt_template_version="v3"),
        ):
            call(client)
    finally:
        instrumentor.uninstrument()
    provider.shutdown()
    return list(known.get_finished_spans())


def test_what_openinference_saw_is_what_bronze_says(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        spans = send(server.url)
    rows = run_json("sql", "SELECT * FROM bronze.prompt_execution", "--lake", lake)
    stored = {row["span_id"]: row for row in rows}
    plain, streamed, refused, embedding, chain = spans
    assert (chain.name, len(stored)) == ("answer", 4)
    for span in (plain, streamed, refused, embedding):
        row = stored[f"{span.context.span_id:016x}"]
        assert row["event_id"] == f"{span.context.trace_id:032x}-{span.context.span_id:016x}"
        assert row["parent_span_id"] == f"{chain.context.span_id:016x}"
        assert row["occurred_at_us"] == span.start_time // 1000
        assert row["latency_ms"] == pytest.approx((span.end_time - span.start_time) / 1e6, abs=0.51)
        assert (row["session_id"], row["user_id"], row["template_version"]) == (who(lake, "s1"), who(lake, "u1"), "v3")
        assert row["provider"] == "openai"

    def of(span: ReadableSpan) -> dict[str, Any]:
        return stored[f"{span.context.span_id:016x}"]

    for row in (of(plain), of(streamed)):
        assert (row["operation"], row["model"], row["status"]) == ("chat", ANSWERED_BY, "ok")
        assert row["requested_model"] == ASK["model"]
        assert [row[name] for name in INPUT] == [176, 1024, None, None]
        assert sum(row[name] or 0 for name in INPUT) == USAGE["prompt_tokens"]
        assert (row["output_tokens"], row["reasoning_tokens"]) == (80, 30)
        assert (row["usage_convention"], row["finish_reason"]) == ("input_includes_cached", "stop")
    assert of(plain)["time_to_first_token_ms"] is None
    first_token = next(event for event in streamed.events if "First Token" in event.name)
    waited_ms = (first_token.timestamp - streamed.start_time) / 1e6
    assert of(streamed)["time_to_first_token_ms"] == pytest.approx(waited_ms, abs=0.51)
    failed = of(refused)
    assert (failed["status"], failed["error_class"]) == ("error", "openai.RateLimitError")
    assert (failed["model"], failed["output_tokens"]) == (TOO_BUSY, None)
    vector = of(embedding)
    assert (vector["operation"], vector["model"]) == ("embeddings", "text-embedding-3-small")
    assert vector["uncached_input_tokens"] == EMBEDDING_USAGE["prompt_tokens"]
    assert run_json("sql", "SELECT count(*) AS n FROM bronze.quarantine", "--lake", lake) == [{"n": 0}]
