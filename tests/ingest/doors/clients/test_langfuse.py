"""Langfuse's SDK, unchanged: its generations by OTLP, its scores by its API, and OpenAI's client as it wraps it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stored import who
from tests.commands import run_json, up
from tests.ingest.doors.clients.openai_stub import ANSWERED_BY, TOO_BUSY, USAGE, openai_stub

INPUT = ("uncached_input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
OUTPUT = ("output_tokens", "reasoning_tokens")


@dataclass(frozen=True)
class Sent:
    """What the application knows, what its SDK complained of, and the lake that it sent to."""

    known: dict[str, Any]
    complaints: str
    query: Callable[[str], list[dict[str, Any]]]
    who: Callable[[str], str]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    lake = tmp_path_factory.mktemp("langfuse") / "lake"
    with up(lake, "--build-every", "0") as server, openai_stub() as openai_url:
        keys = {"LANGFUSE_PUBLIC_KEY": "pk-lf-any", "LANGFUSE_SECRET_KEY": "sk-lf-any"}
        environment = os.environ | keys | {"LANGFUSE_BASE_URL": server.url}
        command = [sys.executable, str(Path(__file__).with_name("langfuse_app.py")), openai_url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return Sent(
        json.loads(done.stdout), done.stderr, lambda query: run_json("sql", query, "--lake", lake), partial(who, lake)
    )


@pytest.fixture(scope="module")
def executions(sent: Sent) -> list[dict[str, Any]]:
    """In the order in which the application called."""
    return sent.query("SELECT * FROM bronze.prompt_execution ORDER BY occurred_at_us")


def test_the_sdk_finds_itself_welcome(sent: Sent) -> None:
    assert (sent.known["auth_check"], sent.known["health"]) == (True, "OK")
    assert (sent.known["failed"], sent.known["was_refused"]) == (True, True)


def test_a_generation_is_an_execution(sent: Sent, executions: list[dict[str, Any]]) -> None:
    generation, request = sent.known["generation"], sent.known["request"]
    row = executions[0]
    assert row["event_id"] == f"{generation['trace_id']}-{generation['span_id']}"
    assert (row["trace_id"], row["span_id"]) == (generation["trace_id"], generation["span_id"])
    assert row["parent_span_id"] == request["span_id"]
    assert row["occurred_at_us"] == generation["started_ns"] // 1000
    assert (row["model"], row["operation"], row["status"]) == ("claude-sonnet-4-5", "chat", "ok")
    assert (row["time_to_first_token_ms"], row["service_tier"]) == (1500, "priority")
    assert row["reported_cost_usd"] == 0.75


def test_who_where_and_by_which_prompt_stand_on_each(sent: Sent, executions: list[dict[str, Any]]) -> None:
    told = {
        tuple(row[name] for name in ("session_id", "user_id", "environment", "template_id", "template_version", "door"))
        for row in executions
    }
    assert told == {(sent.who("s1"), sent.who("u1"), "staging", "greet", "3", "langfuse")}


@pytest.mark.parametrize(
    ("call", "kind", "model", "buckets", "output", "total", "convention"),
    [
        (0, "chat", "claude-sonnet-4-5", [100, 800, 40, 20], [80, 30], 1040, "input_excludes_cached"),
        (1, "chat", "gpt-5", [86, 17817, None, None], [188, 128], 18091, "input_includes_cached"),
        (2, "chat", "gpt-5", [None] * 4, [None, None], 0, None),
        (3, "embeddings", "voyage-3", [7, None, None, None], [None, None], 7, "input_excludes_cached"),
        (4, "chat", ANSWERED_BY, [176, 1024, None, None], [80, 30], USAGE["total_tokens"], "input_includes_cached"),
        (5, "chat", ANSWERED_BY, [176, 1024, None, None], [80, 30], USAGE["total_tokens"], "input_includes_cached"),
        (6, "chat", TOO_BUSY, [None] * 4, [None, None], 0, None),
    ],
    ids=["own keys", "as OpenAI counts", "failed", "embedding", "wrapper", "wrapper, streamed", "wrapper, refused"],
)
def test_tokens_bucket_by_bucket(executions, call, kind, model, buckets, output, total, convention) -> None:
    assert len(executions) == 7
    row = executions[call]
    assert (row["operation"], row["model"], row["usage_convention"]) == (kind, model, convention)
    assert [row[name] for name in INPUT] == buckets
    assert [row[name] for name in OUTPUT] == output
    assert sum(row[name] or 0 for name in (*INPUT, "output_tokens")) == total
    assert row["status"] == ("ok" if total else "error")


def test_what_the_wrapper_knows_besides(executions: list[dict[str, Any]]) -> None:
    plain, streamed = executions[4:6]
    assert (plain["service_tier"], streamed["service_tier"]) == ("flex", "flex")
    assert plain["time_to_first_token_ms"] is None
    assert 0 <= streamed["time_to_first_token_ms"] <= streamed["latency_ms"] + 1


def test_scores_are_evaluations(sent: Sent) -> None:
    rows = sent.query("SELECT * FROM bronze.evaluation ORDER BY metric")
    faithful, polite, resolved, tone = rows
    assert (faithful["event_id"], faithful["score"]) == ("score-1", 0.75)
    assert (polite["passed"], tone["label"], resolved["label"]) == (True, "friendly", "yes")
    generation = f"{sent.known['generation']['trace_id']}-{sent.known['generation']['span_id']}"
    assert [row["execution_id"] for row in rows] == [generation, generation, None, generation]
    assert (resolved["event_id"], resolved["session_id"], resolved["occurred_at_us"]) == (
        "score-5",
        sent.who("s1"),
        1772366400 * 10**6,
    )
    assert [row["environment"] for row in rows] == ["staging", "staging", "default", "staging"]


def test_a_remark_is_no_evaluation_and_the_sdk_is_told(sent: Sent) -> None:
    assert "accepted 4 and rejected 1 of 5 scores" in sent.complaints
    (refused,) = sent.query("SELECT code, message FROM bronze.quarantine")
    assert refused["code"] == "unknown_value"
    assert refused["message"] in sent.complaints


def test_nothing_that_anyone_wrote_is_kept(sent: Sent) -> None:
    kept = [sent.query(f"SELECT * FROM bronze.{table}") for table in ("prompt_execution", "evaluation", "quarantine")]
    assert "secret" not in str(kept)
