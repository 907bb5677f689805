"""Resident memory of ``promptlake up`` while events come in and drains take them away."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.doors import BATCH
from tests.bench.measure import resident_mb
from tests.bench.native import bodies
from tests.bench.safeguards import guarded

EVENTS = 2_000_000
CLIENTS = 2


@dataclass
class Memory:
    """Of the server's process alone: builds run in one of their own."""

    idle_mb: float
    after_mb: list[float] = field(default_factory=list)
    """After each batch that was acknowledged."""

    @property
    def peak_mb(self) -> float:
        return max(self.after_mb)

    @property
    def quarter_mb(self) -> float:
        """The peak of the first quarter of the events."""
        return max(self.after_mb[: len(self.after_mb) // 4])


def run(folder: Path, events: int = EVENTS) -> Memory:
    """Several clients at once, as fast as the server takes it."""
    (batch,) = bodies(BATCH)
    with guarded(folder / "memory") as (server, headers):
        address, pid = urlsplit(server.url).netloc, server.process.pid
        memory = Memory(resident_mb(pid))

        def send(numbers: range) -> None:
            connection = http.client.HTTPConnection(address)
            for number in numbers:
                connection.request("POST", "/v1/events", _renumbered(batch, number), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"The server answered {answer.status}.")
                memory.after_mb.append(resident_mb(pid))
            connection.close()

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(send, (range(first, events // BATCH, CLIENTS) for first in range(CLIENTS))))
    return memory


def _renumbered(batch: bytes, number: int) -> bytes:
    """The same events under other ids: to make new ones would keep the client busier than the server."""
    return batch.replace(b'"event_id":"', b'"event_id":"n%dx' % number)
