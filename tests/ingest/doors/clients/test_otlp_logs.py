"""Evaluations as OpenTelemetry has them, through its SDK and exporters, unchanged: as log records and on a span."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind

from tests.clients.stored import who
from tests.commands import run_json, up

EVENT = "gen_ai.evaluation.result"
JUDGED_AT_NS = 1772366400_123456789
RESOURCE = Resource.create({"service.name": "judge", "deployment.environment.name": "production"})
RESULT = {
    "gen_ai.evaluation.name": "faithfulness",
    "gen_ai.evaluation.score.value": 0.75,
    "gen_ai.evaluation.score.label": "pass",
    "gen_ai.evaluation.explanation": "It says what the source says.",
    "gen_ai.response.id": "chatcmpl-1",
    "session.id": "s1",
}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 5}


def answer(url: str) -> SpanContext:
    """A call whose span carries a judgement of its own."""
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    with provider.get_tracer("app").start_as_current_span("chat", kind=SpanKind.CLIENT, attributes=CALL) as span:
        judged = {"gen_ai.evaluation.name": "toxicity", "gen_ai.evaluation.score.value": 0.0}
        span.add_event(EVENT, judged, timestamp=JUDGED_AT_NS)
    provider.shutdown()
    return span.get_span_context()


def judge(url: str, call: SpanContext, compression: Compression) -> None:
    """A judgement of that call from elsewhere, one without any score, and what else an application logs."""
    provider = LoggerProvider(resource=RESOURCE)
    exporter = OTLPLogExporter(f"{url}/v1/logs", compression=compression)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    about = trace.set_span_in_context(trace.NonRecordingSpan(call))
    logger = provider.get_logger("judge")
    record: dict[str, Any] = {"timestamp": JUDGED_AT_NS, "context": about, "event_name": EVENT}
    logger.emit(LogRecord(**record, attributes=RESULT))
    logger.emit(LogRecord(**record, attributes={"gen_ai.evaluation.name": "relevance", "error.type": "timeout"}))
    logger.emit(LogRecord(event_name="gen_ai.client.inference.operation.details", attributes=CALL))
    logger.emit(LogRecord(severity_text="WARN", body="a secret of a user", attributes={"code.function.name": "f"}))
    provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_was_judged_is_what_bronze_says(tmp_path: Path, compression: Compression) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        call = answer(server.url)
        judge(server.url, call, compression)
        judge(server.url, call, compression)
    execution_id = f"{call.trace_id:032x}-{call.span_id:016x}"
    (execution,) = run_json("sql", "SELECT event_id FROM bronze.prompt_execution", "--lake", lake)
    assert execution["event_id"] == execution_id
    rows = run_json("sql", "SELECT * FROM bronze.evaluation ORDER BY metric DESC", "--lake", lake)
    toxicity, faithfulness, again = rows
    for row in rows:
        assert (row["execution_id"], row["trace_id"]) == (execution_id, execution_id[:32])
        assert (row["occurred_at_us"], row["environment"]) == (JUDGED_AT_NS // 1000, "production")
    assert (toxicity["metric"], toxicity["score"], toxicity["label"], toxicity["passed"]) == ("toxicity", 0, None, None)
    assert (faithfulness["metric"], faithfulness["score"]) == ("faithfulness", 0.75)
    assert (faithfulness["label"], faithfulness["passed"], faithfulness["session_id"]) == (
        "pass",
        True,
        who(lake, "s1"),
    )
    assert faithfulness["properties"] == '{"response_id":"chatcmpl-1"}'
    # The same export sent again is a duplicate, and silver keeps one of it.
    assert again["event_id"] == faithfulness["event_id"] != toxicity["event_id"]
    refused = run_json("sql", "SELECT code, payload FROM bronze.quarantine", "--lake", lake)
    assert [row["code"] for row in refused] == ["invalid_value"] * 2
    assert "secret" not in str(rows) + str(refused)
