"""Many readers of one question at once, for Locust: each asks once in a while, or again as soon as it has its answer.

Every time is kept as it was taken, for Locust's own are rounded, and written as JSON to the file that ``READERS_OUT``
names.
"""

import json
import os
import random
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, between, events, task

PATH = os.environ["READERS_PATH"]
EVERY_S = float(os.environ["READERS_EVERY_S"])
OUT = Path(os.environ["READERS_OUT"])
_taken_ms: list[float] = []
_errors: list[str] = []


class Reader(FastHttpUser):
    """Somebody who has the page open."""

    # Once in so long, but not all in step, as a constant pace would have them.
    wait_time = between(EVERY_S / 2, EVERY_S * 3 / 2)

    def on_start(self) -> None:
        gevent.sleep(random.random() * EVERY_S)

    @task
    def ask(self) -> None:
        self.client.get(PATH)


@events.request.add_listener
def _note(response_time: float, exception: Exception | None, **_: Any) -> None:
    _taken_ms.append(response_time)
    if exception is not None:
        _errors.append(str(exception))


@events.quitting.add_listener
def _tell(**_: Any) -> None:
    OUT.write_text(json.dumps({"taken_ms": _taken_ms, "errors": _errors}))
