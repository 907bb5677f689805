"""Whose pages a running server listens to, over a socket, and how it begins and ends."""

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local import server as embedded
from infra.local.admission import Admission, Admitted
from ingest.doors.request_refused import RequestRefused
from tests.commands import run, run_json, up
from tests.lakes import event
from tests.serving.testing.completions import answer_of, completions_server

FOREIGN = "https://app.example"


def test_a_foreign_page_may_write_nothing_and_a_page_on_loopback_may(tmp_path: Path) -> None:
    with up(tmp_path / "lake", "--build-every", "0") as server:
        status, _, said = server.call("POST", "/analytics/feedback", b"{}", origin=FOREIGN, content_type="text/plain")
        assert (status, "--allow-origin" in json.loads(said)["detail"]) == (403, True)
        status, _, _ = server.call("POST", "/v1/beacon", json.dumps(event("behavior")).encode(), origin=FOREIGN)
        assert status == 403
        asks = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
        status, headers, _ = server.call("OPTIONS", "/v1/beacon", origin="http://localhost:3000", **asks)
        assert (status, headers["access-control-allow-origin"]) == (204, "http://localhost:3000")
        status, headers, _ = server.call("POST", "/v1/events", b" " * 11_000_000, origin="http://localhost:3000")
        assert (status, headers["access-control-allow-origin"]) == (413, "http://localhost:3000")
    assert run_json("status", "--lake", tmp_path / "lake")["refused_requests"] == 3


def test_an_answer_without_a_body_says_no_length(tmp_path: Path) -> None:
    with up(tmp_path / "lake", "--build-every", "0") as server:
        body = json.dumps(event("behavior")).encode()
        with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port), timeout=30) as raw:
            head = f"Host: localhost\r\nConnection: close\r\nContent-Length: {len(body)}"
            raw.sendall(f"POST /v1/beacon HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)
            answer = b"".join(iter(lambda: raw.recv(65_536), b"")).lower()
    assert answer.startswith(b"http/1.1 204")
    assert b"content-length" not in answer
    assert b"transfer-encoding" not in answer


def test_a_server_that_is_stopped_as_soon_as_it_is_up_ends_in_order(tmp_path: Path) -> None:
    for _ in range(3):
        with up(tmp_path / "lake") as server:
            pass
        assert server.process.returncode == 0


def test_an_origin_that_is_none_is_told_before_anything_starts(tmp_path: Path) -> None:
    said = run("up", "--lake", tmp_path / "lake", "--allow-origin", "app.example/chat", check=False)
    assert said.returncode == 2
    assert "scheme, host and port only, such as https://app.example" in said.stderr
    assert not (tmp_path / "lake").exists()


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "BODY_TIMEOUT_S", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(3600)
        return {}

    refused = asyncio.run(embedded.read_body(receive, {}, Admitted(Admission())))
    assert isinstance(refused, RequestRefused)
    assert (refused.status, refused.code) == (408, "body_too_slow")


def test_reads_and_events_are_answered_while_the_tests_of_a_template_wait_for_a_model(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    case = {"name": "says so", "assertions": [{"kind": "contains", "value": "yes"}]}
    with completions_server() as model:
        model.say(answer_of("yes"))
        with up(lake):
            pass  # makes the lake
        (lake / "settings.toml").write_text(
            f'[models]\ndefault = "m"\n[models.providers.mine]\nbase_url = "{model.url}"\n'
        )
        with up(lake, "--build-every", "0") as server, ThreadPoolExecutor(1) as pool:
            made, _ = server.json("POST", "/prompts/templates", {"id": "slow", "body": "Is it?", "tests": [case]})
            assert made == 201
            model.may_answer.clear()
            run_of_tests = pool.submit(server.json, "POST", "/prompts/templates/slow/versions/1/tests/run", {})
            assert model.asked_once.wait(60)
            assert server.json("GET", "/prompts/templates/slow")[0] == 200
            assert server.json("GET", "/analytics/costs")[0] == 503, "nothing has been built, and it says so at once"
            assert (
                server.json("POST", "/prompts/templates/slow/versions/1/render", {"values": {}})[1]["text"] == "Is it?"
            )
            assert server.json("POST", "/v1/events", [event("behavior")])[0] == 200
            assert not run_of_tests.done()
            model.may_answer.set()
            status, run_ = run_of_tests.result(60)
            assert (status, run_["passed"]) == (201, True)
