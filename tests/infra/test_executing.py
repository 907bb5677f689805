"""Executions behind ``promptlake up``: answered in parts, by keys of their own, and told as events in the lake."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.commands import Up, run, run_json, up
from tests.infra.test_templates_access import key
from tests.serving.execution.model_server import ModelServer, Reply, model_server

ASK = {"template_id": "greeting", "version": 1, "values": {"name": "Ann"}, "feature": "chat"}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as served:
        yield served


@pytest.fixture
def lake(tmp_path: Path, model: ModelServer) -> Path:
    """A lake with a model behind an address."""
    folder = tmp_path / "lake"
    with up(folder):
        pass  # makes it
    settings = f'[models]\ndefault = "gpt-4o-mini"\n[models.providers.openai]\nbase_url = "{model.url}/v1"\n'
    (folder / "settings.toml").write_text(settings)
    return folder


def make(server: Up, **headers: str) -> None:
    body = {"id": "greeting", "body": "Hello {{ name }}", "variables": [{"name": "name"}]}
    assert server.json("POST", "/prompts/templates", body, **headers)[0] == 201


def executions(lake: Path) -> list[dict[str, Any]]:
    run("build", "--lake", lake)
    columns = "status, feature, template_id, template_version, prompt, answer"
    sql = f"SELECT {columns} FROM silver.prompt_execution ORDER BY status"
    rows: list[dict[str, Any]] = json.loads(run("sql", sql, "--lake", lake, "--json").stdout)
    return rows


class Stream:
    """One execution that is answered in parts."""

    def __init__(self, server: Up) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        self._connection.request("POST", "/prompts/execute", json.dumps(ASK), headers)
        self.answer = self._connection.getresponse()

    def next(self) -> tuple[str, Any]:
        name, data, end = (self.answer.readline().decode().rstrip("\n") for _ in range(3))
        assert end == ""
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    def leave(self) -> None:
        self.answer.close()
        self._connection.close()


def test_an_answer_comes_in_parts_before_it_is_whole(lake: Path, model: ModelServer) -> None:
    model.reply.holds = True  # after the first part
    with up(lake, "--build-every", "0") as server:
        make(server)
        stream = Stream(server)
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.next() == ("text", {"text": "Hel"})
        model.may_go_on.set()
        assert stream.next() == ("text", {"text": "lo!"})
        name, told = stream.next()
        assert (name, told["text"], told["tokens"]["output"]) == ("execution", "Hello!", 100)
        assert stream.answer.read() == b""
        model.may_go_on.clear()
        left = Stream(server)
        assert left.next()[0] == "text"
        left.leave()
        model.may_go_on.set()
        model.reply = Reply(cut=True)
        broken = Stream(server)
        assert broken.next()[0] == "text"
        while (event := broken.next())[0] == "text":
            pass
        assert (event[0], event[1]["code"]) == ("problem", "model_incomplete")
        model.reply = Reply(status=400, body=b"no")
        refused = Stream(server)
        assert refused.answer.status == 502
        assert json.loads(refused.answer.read())["code"] == "model_rejected"
    statuses = [row["status"] for row in executions(lake)]
    assert statuses == ["error", "error", "ok", "ok"], "also of those who went away"


def test_an_executor_runs_prompts_and_reads_nothing(lake: Path, model: ModelServer) -> None:
    with up(lake, "--build-every", "0") as server:
        make(server)
        assert server.json("POST", "/prompts/execute", ASK)[0] == 200, "as long as nobody has a key of a writer"
        shop, ann, door = (key(lake, role, role) for role in ("executor", "editor", "emitter"))
        assert server.json("POST", "/prompts/execute", ASK)[1]["code"] == "wrong_role"
        assert server.json("POST", "/prompts/execute", ASK, **ann)[0] == 200
        assert server.json("POST", "/prompts/execute", ASK, **shop)[1]["code"] == "not_approved"
        assert server.json("POST", "/prompts/execute", ASK, **door)[0] == 403
        assert server.json("GET", "/prompts/templates", **shop)[0] == 403
        assert server.json("GET", "/budgets", **shop)[0] == 403
        assert server.json("GET", "/analytics/costs", **shop)[0] == 403
        assert server.json("GET", "/surveys/next?user_id=ann", **shop)[1] == {"survey": None}
        thumb = {"kind": "thumb", "thumb": "up", "template_id": "greeting"}
        assert server.json("POST", "/analytics/feedback", thumb, **shop)[0] == 201
    told = {"status": "ok", "feature": "chat", "template_id": "greeting", "template_version": "1"}
    nothing_said = {"prompt": None, "answer": None}  # as long as the owner has not asked for it
    assert executions(lake) == [told | nothing_said] * 2
    booked = run_json("status", "--lake", lake)
    assert booked["reconciles"]
    assert ("prompt_execution", "prompts") in {(row["event_type"], row["door"]) for row in booked["reconciliation"]}
