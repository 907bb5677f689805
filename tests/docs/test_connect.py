"""Every snippet of docs/connect.md, run as it stands there but for the address, and what it leaves in bronze."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.application import application
from tests.clients.chromium import browser
from tests.clients.npm import run_module
from tests.clients.stored import stored, stored_once
from tests.commands import PROMPTLAKE, up
from tests.ingest.doors.clients.openai_stub import openai_stub

PAGE = Path(__file__).parents[2] / "docs" / "connect.md"
ADDRESS = "http://127.0.0.1:4318"
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(python|js|html|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPETS = {
    title: (language, code)
    for title, text in _SECTION.findall(PAGE.read_text(encoding="utf-8"))
    for language, code in _BLOCK.findall(text)
}

BEDROCK = {
    "schemaType": "ModelInvocationLog",
    "timestamp": "2026-03-01T09:30:00Z",
    "requestId": "r-1",
    "operation": "Converse",
    "modelId": "amazon.nova-lite-v1:0",
    "input": {"inputTokenCount": 20, "cacheReadInputTokenCount": 400},
    "output": {"outputTokenCount": 7},
}
CALLS = [
    {"time": f"2026-03-01T09:30:0{n}Z", "model": "gpt-4o-mini", "prompt_tokens": 9, "completion_tokens": n}
    for n in range(3)
]

# What each section leaves: the table, and what its rows say, in the order of their ids.
LEAVES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "OpenTelemetry": {
        "prompt_execution": [
            {"door": "otlp", "uncached_input_tokens": 200, "cache_read_tokens": 1000, "output_tokens": 80}
        ]
    },
    "OpenInference": {"prompt_execution": [{"door": "otlp", "provider": "openai", "requested_model": "gpt-4o-mini"}]},
    "Langfuse": {
        "prompt_execution": [{"uncached_input_tokens": 200, "cache_read_tokens": 1000, "output_tokens": 80}],
        "evaluation": [{"metric": "helpful", "score": 0.9}],
    },
    "Segment in Python": {"behavior": [{"action": "feature_used", "name": "Summary Requested", "execution_id": "e-1"}]},
    "Segment in Node.js": {"behavior": [{"action": "page_view", "name": "Editor", "page": "/editor"}]},
    "Anything that can POST": {
        "behavior": [{"event_id": "b-1", "door": "native", "page": "/editor"}],
        "feedback": [{"event_id": "f-1", "thumb": "up"}],
    },
    "Firehose": {"prompt_execution": [{"event_id": "e-1", "door": "firehose"}]},
    "Kinesis": {"prompt_execution": [{"event_id": "e-2", "door": "kinesis"}]},
    "Amazon Bedrock": {
        "prompt_execution": [{"event_id": "r-1", "uncached_input_tokens": 20, "cache_read_tokens": 400}]
    },
    "SES, CloudWatch, API Gateway, Lambda": {"email_event": [{"action": "opened", "message_id": "m-1"}]},
    "Zendesk and Jira Service Management": {"support_ticket": [{"ticket_id": "35436", "status": "solved"}]},
    "Any log": {"prompt_execution": [{"model": "gpt-4o-mini", "uncached_input_tokens": 9}] * 3},
}


def run_python(code: str, folder: Path, environment: dict[str, str]) -> None:
    with openai_stub() as base_url:
        _finish([sys.executable, "-c", code], folder, {**environment, "OPENAI_BASE_URL": base_url})


def run_shell(code: str, folder: Path, environment: dict[str, str]) -> None:
    (folder / "bedrock-logs.json.gz").write_bytes(gzip.compress(json.dumps(BEDROCK).encode() + b"\n"))
    (folder / "calls.jsonl").write_text("".join(json.dumps(call) + "\n" for call in CALLS))
    _finish(["sh", "-e", "-c", code], folder, environment)


def run_node(code: str, _: Path, environment: dict[str, str]) -> None:
    run_module(code, **environment)


def _finish(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


RUN: dict[str, Callable[[str, Path, dict[str, str]], None]] = {"python": run_python, "sh": run_shell, "js": run_node}


@pytest.mark.parametrize("title", LEAVES)
def test_a_snippet_does_what_it_says(title: str, tmp_path: Path) -> None:
    language, code = SNIPPETS[title]
    lake = tmp_path / "lake"
    with up(lake, "--build-every", "0") as server:
        assert ADDRESS in code or "promptlake import" in code
        environment = {
            "PATH": f"{PROMPTLAKE.parent}{os.pathsep}{os.environ['PATH']}",
            "PROMPTLAKE_LAKE": str(lake),
            "OPENAI_API_KEY": "any",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        RUN[language](code.replace(ADDRESS, server.url), tmp_path, environment)
    for table, expected in LEAVES[title].items():
        rows = sorted(stored(lake, table), key=lambda row: row["event_id"])
        assert [
            {name: row.get(name) for name in wanted} for row, wanted in zip(rows, expected, strict=True)
        ] == expected
    assert stored(lake, "quarantine") == []


PAINTED = """
new Promise((resolve) => new PerformanceObserver(() => resolve(true)).observe({ type: 'paint', buffered: true }))
"""


def test_the_browsers_snippet(tmp_path: Path) -> None:
    language, code = SNIPPETS["A browser"]
    assert language == "html"
    lake, pages = tmp_path / "lake", tmp_path / "pages"
    pages.mkdir()
    with up(lake, "--build-every", "0") as server, application(pages) as app, browser() as page:
        body = f"<!doctype html><title>t</title><h1>Hello</h1>{code.replace(ADDRESS, server.url)}"
        (pages / "page.html").write_text(body)
        page.open(app.url("/page.html"))
        assert page.evaluate(PAINTED) is True
        page.open("about:blank")
        # What else the library has to say depends on what the browser found worth measuring until then.
        rows = stored_once(lake, "web_vital", 2)
    assert {"FCP", "TTFB"} & {row["name"] for row in rows}
    assert {row["page"] for row in rows} == {"/page.html"}


def test_no_section_goes_untested() -> None:
    # One snippet a section, so that none hides another.
    assert len(_BLOCK.findall(PAGE.read_text(encoding="utf-8"))) == len(SNIPPETS)
    assert SNIPPETS.keys() == LEAVES.keys() | {"A browser"}
