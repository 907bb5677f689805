"""Starts the ASGI server on loopback, and says so."""

import gc
import json
import signal
import socket

import pyarrow as pa
import pyarrow.json  # the first drain needs it, and must not keep a client waiting for the import
import uvicorn

from infra.local.access import SqliteGrants
from infra.local.delivering import open_transform
from infra.local.keyring import key_path
from infra.local.lake import Lake, LakeError
from infra.local.models import open_models
from infra.local.server import LOOPBACK_NAMES, Server
from infra.local.sink import SPOOL_MAX_BYTES, SpoolSink
from ingest.contracts import layout
from ingest.delivery.privacy.settings import SettingsError
from ingest.doors.access.gate import Gate
from ingest.doors.origins import LOOPBACK_ONLY, Origins

HOST = "127.0.0.1"


def serve(
    lake: Lake,
    port: int,
    build_every_s: float | None,
    *,
    host: str = HOST,
    allowed: Origins = LOOPBACK_ONLY,
    spool_max_bytes: int = SPOOL_MAX_BYTES,
    as_json: bool = False,
) -> int:
    """Serve until SIGINT or SIGTERM.

    Args:
        lake: an open lake that no other server serves.
        port: 0 takes a free one.
        host: where to listen; elsewhere than on loopback nobody may do anything without a key.
        build_every_s: None builds only on command.
        allowed: whose pages may send.
        spool_max_bytes: takes no more events where this much waits for a drain.
        as_json: say where it listens as one line of JSON.

    Raises:
        LakeError: the port is taken, the settings can't be used, or others could reach a lake without keys.
    """
    transform = open_transform(lake)
    _check_models(lake)
    grants = SqliteGrants(lake.root / layout.STATE_FILE)
    is_local = host in LOOPBACK_NAMES
    if not is_local and all(key.revoked_at for key in grants.listed()):
        raise LakeError(
            f"On {host} others reach the lake, and it has no key yet; make one with `promptlake access add` first."
        )
    gate = Gate(grants, is_closed=not is_local)
    listening = _listen(host, port)
    url = f"http://{host}:{listening.getsockname()[1]}"
    if "jemalloc" in pa.supported_memory_backends():
        # Drains come and go; pyarrow's usual allocator keeps 90 MB more of what they needed.
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    # What is alive now stays alive; without this, every collection walks all of it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    config = uvicorn.Config(
        Server(lake, SpoolSink(lake, spool_max_bytes), transform, gate, build_every_s, allowed, is_local=is_local),
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    # Uvicorn listens to signals only once it runs. And after an orderly end it raises the signal once more, which would
    # end us as if we had been killed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    _announce(lake, url, as_json=as_json)
    server.run(sockets=[listening])
    return 0


def _check_models(lake: Lake) -> None:
    """Tell now, and not at the first request, of settings that can't be used."""
    try:
        open_models(lake.root)
    except SettingsError as error:
        raise LakeError(str(error)) from error


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        where = f"Port {port}" if host == HOST else f"Port {port} on {host}"
        raise LakeError(f"{where} can't be used ({error.strerror}); choose another with --port.") from error
    listening.listen(1024)
    return listening


def _announce(lake: Lake, url: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"url": url, "lake": str(lake.root)}), flush=True)  # noqa: T201
        return
    lines = [
        f"promptlake is up: {url}  (lake {lake.root})",
        f"  look      {url}/",
        f"  events    POST {url}/v1/events   NDJSON or a JSON array",
        f"  traces    POST {url}/v1/traces   OTLP: OTEL_EXPORTER_OTLP_ENDPOINT={url}",
        f"  calls     Segment's libraries: host {url}",
        f"  pages     POST {url}/v1/beacon   web-vitals or events, by navigator.sendBeacon",
        f"  answers   GET  {url}/analytics/costs, /analytics/usage, /analytics/performance, /analytics/quality",
        f"  status    {url}/status",
        f"  templates GET, POST {url}/prompts/templates",
        f"  prompts   POST {url}/prompts/execute   answers, and records the execution",
        f"  keys      {key_path(lake)}; keep a copy, without them nobody can be found in the lake",
        "  stop with Ctrl-C",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201
