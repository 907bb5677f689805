"""Spans from an OTLP client to queryable rows, and bytes in bronze."""

import http.client
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from infra.local.lake import open_lake
from infra.local.query import open_session
from tests.commands import up

SPANS, BATCH = 20_000, 500
WARM_UP = 2_000


@dataclass(frozen=True)
class Otlp:
    spans_per_s: float
    parse_only_spans_per_s: float
    """Baseline: protobuf's own parser over the same bodies, in this process."""
    bytes_per_execution: float


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


def measure(folder: Path) -> Otlp:
    """Start a server, send, and stop the clock when one query returns every row."""
    sent = bodies(SPANS)
    started = time.perf_counter()
    for body in sent:
        ExportTraceServiceRequest.FromString(body)
    parse_only = SPANS / (time.perf_counter() - started)
    lake = open_lake(folder / "lake", create=True)
    with up(lake.root, "--build-every", "0") as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        _send(connection, bodies(WARM_UP))
        _wait_for(lake, WARM_UP)
        started = time.perf_counter()
        _send(connection, sent)
        _wait_for(lake, WARM_UP + SPANS)
        spans_per_s = SPANS / (time.perf_counter() - started)
        connection.close()
    ledger = lake.ledger()
    stored = {name: (rows, size) for name, _, rows, size in ledger.stored()}
    ledger.close()
    rows, size = stored["prompt_execution"]
    return Otlp(spans_per_s, parse_only, size / rows)


def _send(connection: http.client.HTTPConnection, requests: list[bytes]) -> None:
    for body in requests:
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"The server answered {answer.status}.")


def _wait_for(lake: "object", rows: int) -> None:
    while True:
        db = open_session(lake)  # type: ignore[arg-type]
        (found,) = db.execute("SELECT count(*) FROM bronze.prompt_execution").fetchone() or (0,)
        db.close()
        if found >= rows:
            return
        time.sleep(0.02)
