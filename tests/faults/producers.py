"""Clients that send without a pause, and keep their own record, outside the lake, of what was answered for."""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import Condition, Event, Thread
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

NATIVE, OTLP = 3, 2
BATCH_MAX = 16
GIVES_UP = 0.2
"""Chance that a batch without an answer is not sent again."""
PAUSE_S = 0.02
"""Between two tries while nobody listens, or nothing is taken."""

Batch = tuple[list[str], str, str, bytes]
"""Ids, path, content type, body."""


class Producers:
    """Several at once, each with one request in flight whenever a server answers."""

    def __init__(self, seed: str) -> None:
        self.url: str | None = None
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.answers = 0
        """Batches that were acknowledged."""
        self.statuses: Counter[int] = Counter()
        self._waiting: set[str] = set()
        self._changed = Condition()
        self._stopped = Event()
        kinds = [(f"native{n}", native) for n in range(NATIVE)] + [(f"otlp{n}", otlp) for n in range(OTLP)]
        self._threads = [Thread(target=self._run, args=(f"{seed}-{name}", kind), name=name) for name, kind in kinds]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in self._threads:
                thread.join()

    def wait_for(self, answers: int, timeout_s: float = 60) -> None:
        """Return in the moment in which so many batches in all are acknowledged."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.answers >= answers, timeout_s), "the server answers nothing"

    def in_flight(self) -> int:
        """Requests that were sent and not answered yet."""
        return len(self._waiting)

    def _run(self, name: str, kind: Callable[[str, int, random.Random], Batch]) -> None:
        rng = random.Random(name)  # noqa: S311
        for number in count():
            ids, path, content_type, body = kind(name, number, rng)
            self.sent.update(ids)
            while not self._send(name, path, content_type, body):
                if self._stopped.is_set():
                    return
                time.sleep(PAUSE_S)
                if rng.random() < GIVES_UP:
                    break
            else:
                with self._changed:
                    self.acknowledged.update(ids)
                    self.answers += 1
                    self._changed.notify_all()
            if self._stopped.is_set():
                return

    def _send(self, name: str, path: str, content_type: str, body: bytes) -> bool:
        """Whether the batch was acknowledged, all of it."""
        if self.url is None:
            return False
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type})
            self._waiting.add(name)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):  # killed, or not there yet
            return False
        finally:
            self._waiting.discard(name)
            connection.close()
        self.statuses[answer.status] += 1
        # OTLP tells of refused spans in the body of a 200.
        return answer.status == 200 and (path != "/v1/traces" or not said)


def native(name: str, number: int, rng: random.Random) -> Batch:
    """A batch of NDJSON, of three types."""
    ids = [f"{name}.{number}.{n}" for n in range(rng.randint(1, BATCH_MAX))]
    now = datetime.now(UTC).isoformat()
    kinds = (
        {"event_type": "behavior", "action": "click"},
        {"event_type": "feedback", "kind": "thumb", "thumb": "up"},
        {"event_type": "prompt_execution", "provider": "openai", "model": "gpt-4o", "output_tokens": 7},
    )
    events = [{**rng.choice(kinds), "event_id": event_id, "occurred_at": now} for event_id in ids]
    return ids, "/v1/events", "application/x-ndjson", b"".join(json.dumps(e).encode() + b"\n" for e in events)


def otlp(name: str, number: int, rng: random.Random) -> Batch:
    """A batch of spans, in protobuf."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    now_ns, ids = time.time_ns(), []
    for _ in range(rng.randint(1, BATCH_MAX)):
        # An id of digits alone may be a card number by its looks, and is then not stored as it is.
        span = spans.add(name="chat gpt-4o", trace_id=b"\xaa" + rng.randbytes(15), span_id=b"\xaa" + rng.randbytes(7))
        span.start_time_unix_nano, span.end_time_unix_nano = now_ns, now_ns + 1_000_000
        for key, value in {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}.items():
            span.attributes.add(key=key).value.string_value = value
        ids.append(f"{span.trace_id.hex()}-{span.span_id.hex()}")
    return ids, "/v1/traces", "application/x-protobuf", request.SerializeToString()
