"""The simulated application, a day at a time: its calls go out as traces, the rest by HTTP."""

import json
import os
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from infra.local.demo.broken import NOT_JSON, broken_lines, has_body_that_is_no_json
from infra.local.demo.telemetry import Telemetry
from infra.local.demo.visits import simulate_day
from infra.local.lake import LakeError

_TIMEOUT_S = 60
_EVENTS_IN_A_BODY = 2000


@dataclass(slots=True)
class Sent:
    """What the application sent and was told."""

    executions: int = 0
    events: int = 0
    """By ``POST /v1/events``, broken ones included."""
    surveys: int = 0
    """By ``POST /analytics/feedback``."""
    broken: int = 0
    """Events that were sent to be refused."""
    broken_bodies: int = 0
    stored: int = 0
    refused: int = 0
    refused_bodies: int = 0
    without_consent: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    """What was wrong on purpose -> the first answer to it."""
    times: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.executions + self.events + self.surveys


class Application:
    """Talks to the lake at ``url`` as any application would; ``sent`` is its own account of it."""

    def __init__(self, url: str, seed: int, last: date, scale: float) -> None:
        self._url, self._seed, self._last, self._scale = url, seed, last, scale
        self._telemetry = Telemetry(url)
        self.sent = Sent()

    def live(self, day: date) -> None:
        """Live through one day and send all of it.

        Raises:
            LakeError: the server is gone.
        """
        visits = list(simulate_day(day, self._last, self._seed, self._scale))
        for request in (request for visit in visits for request in visit.requests):
            self._telemetry.record(request)
            self.sent.executions += len(request.calls)
        lines = [("", json.dumps(event).encode()) for visit in visits for event in visit.events]
        # In the midst of good ones, for that is how they come.
        middle = len(lines) // 2
        lines[middle:middle] = broken_lines(day, self._seed)
        for start in range(0, len(lines), _EVENTS_IN_A_BODY):
            self._post_events(lines[start : start + _EVENTS_IN_A_BODY])
        for survey in (survey for visit in visits for survey in visit.surveys):
            self._post_survey(survey)
        if has_body_that_is_no_json(day, self._last):
            self._post_no_json()
        self._telemetry.flush()

    def close(self) -> None:
        self._telemetry.close()

    def _post_events(self, lines: list[tuple[str, bytes]]) -> None:
        status, answer = self._post("/v1/events", b"\n".join(line for _, line in lines), "application/x-ndjson")
        if status not in (200, 207):
            raise LakeError(f"The server did not take the events: {answer['detail']}")
        sent = self.sent
        sent.events += len(lines)
        sent.broken += sum(1 for wrong, _ in lines if wrong)
        sent.stored += answer["stored"]
        sent.refused += answer["quarantined"]
        sent.without_consent += answer["dropped"]
        for error in answer["errors"]:
            self._note(lines[error["index"]][0], error["message"])

    def _post_survey(self, survey: dict[str, Any]) -> None:
        body = {name: value for name, value in survey.items() if name != "event_type"}
        status, _ = self._post("/analytics/feedback", json.dumps(body).encode(), "application/json")
        self.sent.surveys += 1
        self.sent.stored += status == 201

    def _post_no_json(self) -> None:
        status, answer = self._post("/v1/events", NOT_JSON, "application/json")
        self.sent.broken_bodies += 1
        if status == 400:
            self.sent.refused_bodies += 1
            self._note("body that isn't JSON", answer["detail"])

    def _note(self, wrong: str, message: str) -> None:
        self.sent.times[wrong] += 1
        self.sent.reasons.setdefault(wrong, message)

    def _post(self, path: str, body: bytes, content_type: str) -> tuple[int, Any]:
        request = urllib.request.Request(self._url + path, body, {"Content-Type": content_type})  # noqa: S310
        try:
            return _ask(request)
        except (OSError, ValueError) as error:
            raise LakeError(
                f"The server at {self._url} does not answer ({error}); run `promptlake demo` again."
            ) from error


def _ask(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - our own, on loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def forget_settings() -> None:
    """Keep this process's surroundings out of the simulation: settings of OpenTelemetry, and proxies."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
