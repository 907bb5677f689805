"""The simulated application's OpenTelemetry: the unmodified SDK and exporter, as any application sets them up."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from infra.local.demo.calls import Call
from infra.local.demo.story import ENVIRONMENT, ROLLOUT
from infra.local.demo.visits import Request

_NS = 1000
"""Nanoseconds in a microsecond."""

_FLUSH_SPANS = 1500
"""The SDK drops what its queue of twice this size can't hold, for an application must never wait for it; we may."""


class _PlannedIds(IdGenerator):
    """Hands the SDK the ids that the story has already told feedback and evaluations about."""

    def __init__(self) -> None:
        self.trace_id = self.span_id = 1

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id


class Telemetry:
    """Records requests as traces: one span for the request, below it one for each call of a model."""

    def __init__(self, url: str) -> None:
        self._ids = _PlannedIds()
        resource = Resource({"service.name": "support-desk", "deployment.environment.name": ENVIRONMENT})
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=2 * _FLUSH_SPANS))
        self._tracer = self._provider.get_tracer("promptlake.demo")
        self._unsent = 0

    def record(self, request: Request) -> None:
        self._ids.trace_id, self._ids.span_id = request.trace_id, request.span_id
        start_us = request.calls[0].start_us
        root = self._tracer.start_span(f"POST {request.feature.page}", kind=SpanKind.SERVER, start_time=start_us * _NS)
        inside = set_span_in_context(root)
        common = _common(request)
        for call in request.calls:
            self._ids.span_id = call.span_id
            span = self._tracer.start_span(
                f"{call.prompt.operation} {call.prompt.model}",
                inside,
                SpanKind.CLIENT,
                {**common, **_attributes(call)},
                start_time=call.start_us * _NS,
            )
            if call.error_class:
                span.set_status(StatusCode.ERROR)
            span.end(call.end_us * _NS)
        root.end(request.calls[-1].end_us * _NS)
        self._unsent += 1 + len(request.calls)
        if self._unsent >= _FLUSH_SPANS:
            self.flush()

    def flush(self) -> None:
        """Return once everything recorded was sent."""
        self._provider.force_flush()
        self._unsent = 0

    def close(self) -> None:
        self._provider.shutdown()


def _common(request: Request) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "promptlake.feature": request.feature.name,
        "promptlake.team": request.feature.team,
    }
    if request.person:
        attributes |= {"user.id": request.person.user_id, "session.id": request.person.session_id}
    if request.variant:
        attributes |= {"promptlake.experiment": ROLLOUT, "promptlake.variant": request.variant}
    return attributes


def _attributes(call: Call) -> dict[str, AttributeValue]:
    """A call in the words of OpenTelemetry's GenAI conventions; templates have no convention that all follow yet."""
    prompt = call.prompt
    maybe: dict[str, AttributeValue | None] = {
        "gen_ai.operation.name": prompt.operation,
        "gen_ai.provider.name": prompt.provider,
        "gen_ai.request.model": prompt.model,
        "gen_ai.response.model": prompt.model,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "gen_ai.usage.output_tokens": call.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": call.cache_read_tokens or None,
        "gen_ai.usage.cache_creation.input_tokens": call.cache_write_tokens or None,
        "gen_ai.usage.reasoning.output_tokens": call.reasoning_tokens or None,
        "gen_ai.response.time_to_first_chunk": call.first_token_s,
        "gen_ai.response.finish_reasons": None if call.error_class else ("stop",),
        "error.type": call.error_class,
        "promptlake.template_id": prompt.template_id,
        "promptlake.template_version": prompt.version,
    }
    return {name: value for name, value in maybe.items() if value is not None}
