"""What executing a prompt adds to the time of its model, embedded."""

import http.client
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from urllib.parse import urlsplit

from serving.logic.models.openai_compatible import OpenAICompatible
from serving.logic.models.provider import CompletionRequest
from tests.commands import up

MODEL_MS = 20.0
ROUNDS, IN_A_ROW = 11, 30
_ANSWER = json.dumps(
    {
        "model": "gpt-4o-mini",
        "choices": [{"message": {"content": "Hello!"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1_000, "completion_tokens": 100},
    }
).encode()


@dataclass(frozen=True)
class Execution:
    """Medians in milliseconds."""

    executed_ms: float
    """Of whole requests to execute a prompt."""
    alone_ms: float
    """Of the model, asked by the same client of ours without anything around it."""
    with_budget_ms: float
    """As the first, counted on one budget."""
    stored_ms: float
    """Of sending the server one event, which it stores as safely, and does nothing else."""

    @property
    def added_ms(self) -> float:
        return self.executed_ms - self.alone_ms


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: two would wait for one another's acknowledgement

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(MODEL_MS / 1_000)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def run(folder: Path) -> Execution:
    """Measure them in turns, so that what else the machine does meets all."""
    model = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    Thread(target=model.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{model.server_port}/v1"
    try:
        return _measure(folder / "lake", url)
    finally:
        model.shutdown()
        model.server_close()


def _measure(lake: Path, url: str) -> Execution:
    with up(lake):
        pass  # makes it
    (lake / "settings.toml").write_text(
        f'[models]\ndefault = "gpt-4o-mini"\n[models.providers.openai]\nbase_url = "{url}"\n'
    )
    with up(lake, "--build-every", "0") as server:
        body = {"id": "greeting", "body": "Hello {{ name }}", "variables": [{"name": "name"}]}
        assert server.json("POST", "/prompts/templates", body)[0] == 201
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        wanted = {"template_id": "greeting", "version": 1, "values": {"name": "Ann"}, "user_id": "ann"}

        def execute() -> None:
            connection.request("POST", "/prompts/execute", json.dumps(wanted), {"content-type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status == 200, told

        provider, request = OpenAICompatible("openai", url), CompletionRequest("gpt-4o-mini", "Hello Ann", 60.0)

        def ask() -> None:
            assert provider.complete(request).error is None

        def store() -> None:
            sent = {"event_type": "prompt_execution", "event_id": uuid.uuid4().hex, "model": "gpt-4o-mini"}
            event = sent | {"occurred_at": datetime.now(UTC).isoformat()}
            connection.request("POST", "/v1/events", json.dumps([event]), {"content-type": "application/json"})
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)

        executed, alone, stored = _medians(execute, ask, store)
        budget = {"id": "all", "amount_usd": "1000", "period": "month", "action": "block"}
        assert server.json("POST", "/budgets", budget)[0] == 201
        with_budget, _ = _medians(execute, ask)
    return Execution(executed, alone, with_budget, stored)


def _medians(*calls: Callable[[], None]) -> list[float]:
    taken: list[list[float]] = [[] for _ in calls]
    for number in range(ROUNDS):
        for call, times in zip(calls, taken, strict=True):
            for _ in range(IN_A_ROW):
                start_s = time.perf_counter()
                call()
                if number > 0:  # the first round warms up
                    times.append((time.perf_counter() - start_s) * 1_000)
    return [median(times) for times in taken]
