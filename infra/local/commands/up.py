"""``promptlake up``: the embedded lake, running."""

import argparse
import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.commands.options import add_lake
from infra.local.lake import Lake, LakeError, lake_path, open_lake
from ingest.doors.origins import Origins, parse

DEFAULT_PORT = 4318
"""Where an OpenTelemetry exporter sends to when nobody told it otherwise."""

_UNITS_S = {"s": 1, "m": 60, "h": 3600}


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "up",
        help="start the lake on loopback: take events, answer reads, build",
        description="One process on 127.0.0.1. Takes POST /v1/events and /v1/traces, answers /analytics/*, shows the "
        "report at /. Makes the lake's folder if there is none.",
    )
    add_lake(parser)
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0 takes a free one")
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="listen elsewhere than on loopback, where nobody may do anything without a key (`promptlake access add`)",
    )
    parser.add_argument(
        "--build-every",
        metavar="TIME",
        type=duration_s,
        default=60.0,
        help="keep the answers fresh, such as 30s or 5m (default 60s; 0 builds only when you say `promptlake build`)",
    )
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        type=_origin,
        action="append",
        default=[],
        help="let pages of this origin send too, such as https://app.example; may be repeated, and * means all "
        "(default: pages on loopback only)",
    )
    parser.add_argument(
        "--spool-max",
        metavar="SIZE",
        type=_size_bytes,
        help="take no more events (503 and Retry-After) where this much waits in the spool, such as 256M (default 1G)",
    )
    parser.add_argument("--json", action="store_true", help="say where it listens as one line of JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; returns 0 after an orderly end.

    Raises:
        LakeError: the lake can't be opened or written, is served already, or the port is taken.
    """
    lake = open_lake(lake_path(args.lake), create=True)
    lake.check_writable()
    with served_once(lake):
        from infra.local.serve import serve
        from infra.local.sink import SPOOL_MAX_BYTES

        return serve(
            lake,
            args.port,
            args.build_every or None,
            host=args.host,
            allowed=Origins(frozenset(args.allow_origin)),
            spool_max_bytes=args.spool_max or SPOOL_MAX_BYTES,
            as_json=args.json,
        )


def duration_s(text: str) -> float:
    """``60s``, ``5m``, ``1h`` or plain seconds, as seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time; write 30s, 5m or 1h")
    return float(match[1]) * _UNITS_S[match[2] or "s"]


def _size_bytes(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d*)([MG])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 256M or 1G")
    return int(match[1]) << {"M": 20, "G": 30}[match[2]]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _origin(text: str) -> str:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


@contextmanager
def served_once(lake: Lake) -> Iterator[None]:
    """Hold the lake's server lock.

    Raises:
        LakeError: another server has it.
    """
    with (lake.root / "server.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeError(f"Another `promptlake up` serves {lake.root} already; use it, or stop it first.") from None
        yield
