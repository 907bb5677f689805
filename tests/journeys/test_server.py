"""``promptlake up`` under real clients."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from ingest.delivery.privacy.remains import REMOVED
from tests.commands import Up, run, run_json, up
from tests.lakes import event


def ndjson(events: list[Any]) -> bytes:
    return b"".join(json.dumps(e).encode() + b"\n" for e in events)


def wait_until(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def send_spans(url: str, count: int) -> list[str]:
    """Executions through the unmodified OpenTelemetry exporter; returns their event ids."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    tracer = provider.get_tracer("test")
    ids = []
    for number in range(count):
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 100 + number,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.output_tokens": 7,
        }
        with tracer.start_as_current_span("chat gpt-4o", attributes=attributes) as span:
            context = span.get_span_context()
            ids.append(f"{context.trace_id:032x}-{context.span_id:016x}")
    provider.shutdown()
    return ids


def test_what_an_exporter_sent_is_answered_for_on_every_layer(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "1s") as server:
        ids = send_spans(server.url, 50)
        sent = [
            event("feedback", event_id="f1", execution_id=ids[0], thumb="down", environment="default"),
            event("behavior", event_id="b1", user_id="u"),
            {"event_type": "behavior", "event_id": "bad", "occurred_at": "2026-03-02T10:00:00Z", "act": "click"},
        ]
        status, answer = server.json("POST", "/v1/events", sent)
        assert (status, answer["stored"], answer["quarantined"]) == (207, 2, 1)
        assert [(e["index"], e["event_id"], e["code"]) for e in answer["errors"]] == [(2, "bad", "unknown_field")]
        status, posted = server.json("POST", "/analytics/feedback", {"kind": "rating", "rating": 4})
        assert status == 201

        def answered() -> bool:
            status, usage = server.json("GET", "/analytics/usage?group_by=model")
            return status == 200 and any(row["executions"] == 50 for row in usage["rows"])

        wait_until(answered)
        status, costs = server.json("GET", "/analytics/costs")
        assert costs["as_of"] >= costs["complete_through"]
        input_tokens = sum(100 + n for n in range(50))
        assert costs["total"]["input_tokens"] == input_tokens
        assert costs["total"]["cost_usd"] == round((2.5 * (input_tokens - 3000) + 1.25 * 3000 + 10 * 350) / 1e6, 9)
        status, headers, page = server.call("GET", "/")
        assert status == 200
        assert headers["content-type"].startswith("text/html")
        assert b"gpt-4o" in page
    rows = run_json("sql", "SELECT event_id FROM silver.prompt_execution ORDER BY 1", "--lake", lake)
    assert [row["event_id"] for row in rows] == sorted(ids)
    rows = run_json("sql", "SELECT event_id FROM silver.feedback ORDER BY 1", "--lake", lake)
    assert {row["event_id"] for row in rows} >= {"f1"}
    rows = run_json("sql", "SELECT event_id, payload FROM bronze.quarantine", "--lake", lake)
    assert [(row["event_id"], json.loads(row["payload"])["act"]) for row in rows] == [("bad", REMOVED)]
    assert run_json("status", "--lake", lake)["reconciles"]
    assert posted["event_id"]


def refused(server: Up, method: str, path: str, body: bytes | None, **headers: str) -> tuple[int, str]:
    status, _, answer = server.call(method, path, body, **headers)
    return status, json.loads(answer)["detail"]


def test_bad_requests_get_one_sentence_each(tmp_path: Path) -> None:
    with up(tmp_path / "lake", "--build-every", "0") as server:
        status, said = refused(server, "POST", "/v1/events", b"x" * 20_000_000)
        assert (status, "10 MiB" in said) == (413, True)
        truncated = gzip.compress(ndjson([event()]))[:-12]
        status, said = refused(server, "POST", "/v1/events", truncated, content_encoding="gzip")
        assert (status, "gzip" in said) == (400, True)
        status, said = refused(server, "POST", "/v1/events", b"")
        assert (status, "empty" in said) == (400, True)
        status, said = refused(server, "GET", "/nowhere", None)
        assert (status, "/v1/events" in said) == (404, True)
        status, said = refused(server, "GET", "/analytics/costs", None)
        assert (status, "promptlake build" in said) == (503, True)
        status, _, _ = server.call("GET", "/healthz", host="evil.example")
        assert status == 403
        status, _, page = server.call("GET", "/")
        assert (status, b"promptlake build" in page) == (200, True)
    assert run_json("status", "--lake", tmp_path / "lake")["refused_requests"] == 3


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with up(tmp_path / "lake") as server:
        port = server.url.rpartition(":")[2]
        taken = run("up", "--lake", tmp_path / "other", "--port", port, check=False)
        assert (taken.returncode, f"Port {port}" in taken.stderr) == (1, True)


def test_commands_without_a_lake_say_how_to_get_one(tmp_path: Path) -> None:
    for words in (["build"], ["status"], ["sql", "SELECT 1"], ["report"]):
        said = run(*words, "--lake", tmp_path / "none", check=False)
        assert said.returncode == 1
        assert said.stderr.count("\n") == 1
        assert "promptlake up --lake" in said.stderr
    assert not (tmp_path / "none").exists()
