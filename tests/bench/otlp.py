"""Spans as OpenTelemetry's SDK exports them, through the OTLP door."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bench.doors import BATCH, WARM_UP, Sent, measure

SHORT_RUN, SPANS = 20_000, 200_000
PATH, PROTOBUF = "/v1/traces", "application/x-protobuf"


@dataclass(frozen=True)
class Otlp:
    short: Sent
    """Of so few spans, starting and waiting is a good part."""
    long: Sent
    parse_only_per_s: float
    """Baseline: protobuf's own parser over the same bodies, in this process."""


def bodies(count: int) -> list[bytes]:
    """Export requests as the OpenTelemetry SDK writes them, with random ids."""
    requests = []
    start_ns = time.time_ns() - count * 1_000_000
    for first in range(0, count, BATCH):
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        _set(resource.resource.attributes, {"service.name": "bench", "deployment.environment.name": "bench"})
        spans = resource.scope_spans.add().spans
        for number in range(first, first + BATCH):
            span = spans.add(name="chat gpt-4o", kind=3, trace_id=os.urandom(16), span_id=os.urandom(8))
            span.start_time_unix_nano = start_ns + number * 1_000_000
            span.end_time_unix_nano = span.start_time_unix_nano + (200 + number * 7919 % 5000) * 1_000_000
            _set(
                span.attributes,
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o",
                    "gen_ai.response.model": ("gpt-4o-2024-08-06", "gpt-4o-mini")[number % 2],
                    "gen_ai.usage.input_tokens": 100 + number * 31 % 4000,
                    "gen_ai.usage.output_tokens": 10 + number * 17 % 900,
                    "gen_ai.conversation.id": f"c{number // 8}",
                    "gen_ai.prompt.name": f"template-{number % 12}",
                    "gen_ai.prompt.version": "3",
                    "user.id": f"u{number * 13 % 700}",
                    "server.address": "api.example",
                    "gen_ai.request.temperature": 0.2,
                },
            )
        requests.append(request.SerializeToString())
    return requests


def _set(attributes: "object", values: dict[str, str | int | float]) -> None:
    for key, value in values.items():
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(attributes.add(key=key).value, kind, value)  # type: ignore[attr-defined]


def run(folder: Path) -> Otlp:
    requests = bodies(SPANS)
    started = time.perf_counter()
    for body in requests:
        ExportTraceServiceRequest.FromString(body)
    parse_only = SPANS / (time.perf_counter() - started)
    warm_up, short = bodies(WARM_UP), requests[: SHORT_RUN // BATCH]
    return Otlp(
        measure(folder / "short", PATH, PROTOBUF, warm_up, short, SHORT_RUN),
        measure(folder / "long", PATH, PROTOBUF, warm_up, requests, SPANS),
        parse_only,
    )
