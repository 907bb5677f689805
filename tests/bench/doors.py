"""Events from a client to queryable rows, and bytes in bronze: one client, one server, one connection."""

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.lake import Lake, open_lake
from infra.local.query import open_session
from tests.bench.safeguards import guarded

BATCH = 500
WARM_UP = 2_000


@dataclass(frozen=True)
class Sent:
    """What became of one client's requests."""

    acknowledged_per_s: float
    """Until the last answer: everything is on disk then."""
    queryable_per_s: float
    """Until one query returns every row."""
    bytes_per_execution: float


def measure(
    root: Path, path: str, content_type: str, warm_up: Sequence[bytes], requests: Sequence[bytes], events: int
) -> Sent:
    """Start a server, warm it up with ``WARM_UP`` events, send the requests, and wait for all of their ``events``."""
    with guarded(root) as (server, let_in):
        lake, headers = open_lake(root), {"Content-Type": content_type, **let_in}
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        _send(connection, path, headers, warm_up)
        _wait_for(lake, WARM_UP)
        started = time.perf_counter()
        _send(connection, path, headers, requests)
        acknowledged_s = time.perf_counter() - started
        _wait_for(lake, WARM_UP + events)
        queryable_s = time.perf_counter() - started
        connection.close()
    ledger = lake.ledger()
    stored = {name: (rows, size) for name, _, rows, size in ledger.stored()}
    ledger.close()
    rows, size = stored["prompt_execution"]
    return Sent(events / acknowledged_s, events / queryable_s, size / rows)


def _send(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str], requests: Sequence[bytes]
) -> None:
    for body in requests:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"The server answered {answer.status}.")


def _wait_for(lake: Lake, rows: int) -> None:
    while True:
        db = open_session(lake)
        ((found,),) = db.execute("SELECT count(*) FROM bronze.prompt_execution").fetchall()
        db.close()
        if found >= rows:
            return
        time.sleep(0.02)
