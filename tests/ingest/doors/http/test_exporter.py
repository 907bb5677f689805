"""The real OpenTelemetry SDK and exporter, unmodified, over a socket."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from ingest.doors.exchange import Request
from tests.steps import handle


@pytest.fixture
def address(sink) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            answer = handle(Request("POST", self.path, headers, body), sink, lambda: datetime.now(UTC))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            """Not into the test's output."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_the_application_says_is_what_is_stored(address, sink, compression):
    resource = Resource.create({"service.name": "shop", "deployment.environment.name": "test"})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{address}/v1/traces", compression=compression)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("GET /ask") as request:
        with tracer.start_as_current_span("chat m", kind=SpanKind.CLIENT) as call:
            call.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "m",
                    "gen_ai.response.finish_reasons": ["stop"],
                    "gen_ai.usage.input_tokens": 1200,
                    "gen_ai.usage.cache_read.input_tokens": 1000,
                    "gen_ai.usage.output_tokens": 80,
                    "gen_ai.usage.reasoning.output_tokens": 30,
                }
            )
        with tracer.start_as_current_span("chat m", kind=SpanKind.CLIENT) as failed:
            failed.set_attributes({"gen_ai.request.model": "m", "error.type": "timeout"})
            failed.set_status(StatusCode.ERROR, "what a person wrote may be in here")
    assert provider.force_flush()
    provider.shutdown()

    good, bad = sink.rows("prompt_execution")
    trace_id = format_trace_id(call.get_span_context().trace_id)
    span_id = format_span_id(call.get_span_context().span_id)
    assert (good["event_id"], good["trace_id"], good["span_id"]) == (f"{trace_id}-{span_id}", trace_id, span_id)
    assert good["parent_span_id"] == format_span_id(request.get_span_context().span_id)
    assert good["occurred_at_us"] == call.start_time // 1000
    assert good["latency_ms"] == pytest.approx((call.end_time - call.start_time) / 1e6, abs=0.5)
    tokens = ("uncached_input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")
    assert [good[name] for name in tokens] == [200, 1000, 80, 30]
    assert (good["feature"], good["environment"], good["provider"]) == ("shop", "test", "openai")
    assert (bad["status"], bad["error_class"], "quarantine" in sink.delivered[0][1].rows) == ("error", "timeout", False)


def test_an_exporter_is_not_made_to_repeat_what_was_refused(address, sink):
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"{address}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    with provider.get_tracer("tests").start_as_current_span("chat") as span:
        span.set_attribute("gen_ai.operation.name", "chat")
    assert provider.force_flush()
    provider.shutdown()
    assert [(len(sink.delivered)), sink.rows("quarantine")[0]["code"]] == [1, "missing_field"]
