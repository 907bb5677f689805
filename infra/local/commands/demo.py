"""``promptlake demo``: a simulated application against a lake of its own, and what the lake then knows."""

import argparse
import json
import os
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_lake
from infra.local.lake import Lake, LakeError, lake_path, open_lake

if TYPE_CHECKING:
    from infra.local.demo.child import Child
    from infra.local.demo.scene import Played

DEMO_LAKE, PAGE = "demo-lake", "report.html"
DAYS = 21
"""Whichever day it is, the last week that is over then has a whole one before it to be compared with."""
DAYS_MAX, SCALE_MAX = 365, 100


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "demo",
        help="run a simulated application against a lake and show the results",
        description="Starts `promptlake up`, lets a simulated application talk to it through the OpenTelemetry SDK and "
        "HTTP, builds, and prints what the lake knows. Simulated time ends with the last whole day before the lake "
        "was made, so a repeat sends the same events again and no figure doubles; another seed adds its own.",
    )
    add_lake(parser, DEMO_LAKE)
    parser.add_argument("--port", type=_port, default=0, help="default 0, which takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="what chance is drawn from (default 7)")
    parser.add_argument("--days", metavar="N", type=_days, default=DAYS, help=f"simulated days (default {DAYS})")
    parser.add_argument("--scale", metavar="X", type=_scale, default=1.0, help="so many times as much (default 1)")
    parser.add_argument(
        "--serve",
        action=argparse.BooleanOptionalAction,
        help="keep the server running after the results (default: on a terminal)",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON, and end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it; returns 0 when everything sent is accounted for and published.

    Raises:
        LakeError: something needed is missing, the server does not start, or the counts differ.
    """
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise LakeError("The demo speaks through the OpenTelemetry SDK, which is not installed; run `make demo`.")
    lake = open_lake(lake_path(args.lake or os.environ.get("PROMPTLAKE_LAKE") or DEMO_LAKE), create=True)
    # Imported here, because every start of the command line imports this file.
    from rich.console import Console
    from rich.text import Text

    from dashboards.reports.collect import collect
    from dashboards.reports.page import render
    from dashboards.reports.terminal import print_results
    from infra.local.delivering import settings_of
    from infra.local.demo.application import forget_settings
    from infra.local.demo.child import server
    from infra.local.demo.closing import print_flow, print_next
    from infra.local.demo.scene import Asked, play
    from infra.local.demo.watch import watching
    from sql.reader import Reader

    serve = not args.json and (sys.stdout.isatty() if args.serve is None else args.serve)
    forget_settings()
    with ExitStack() as running:
        with watching(quiet=args.json) as watch:
            with watch.stage("start", "Starting the lake's server") as stage:
                child = running.enter_context(server(lake.root, args.port))
                stage.tell(child.url)
            played = play(lake, Asked(args.seed, args.days, args.scale), child, watch)
            with watch.stage("results", "Reading the results"):
                data = collect(Reader(lake.root).current(), smallest_group=settings_of(lake).smallest_group)
                page = None if serve else _write_page(lake, render(data))
        if args.json:
            sys.stdout.write(json.dumps(_document(lake, played, page, watch.seconds)) + "\n")
            return 0
        console = Console(highlight=False)
        print_results(data, console)
        print_flow(played.sent, played.booked, console)
        print_next(lake.root, page.as_uri() if page else child.url + "/", console)
        took = ", ".join(f"{name} {seconds}" for name, seconds in watch.seconds.items())
        console.print(Text(f"\nTook {sum(watch.seconds.values()):.0f} s ({took}).", style="dim"))
        if serve:
            _serve_on(child)
    return 0


def _serve_on(child: "Child") -> None:
    """Until the person says so: by Enter, for Ctrl-C would make `make` say that something failed."""
    try:
        if sys.stdin.isatty():
            input("The server is still running; press Enter to stop it. ")
        else:
            child.wait()
    except (KeyboardInterrupt, EOFError):
        sys.stdout.write("\n")


def _write_page(lake: Lake, page: str) -> Path:
    path = lake.root / PAGE
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise LakeError(f"{path} can't be written ({error.strerror}).") from error
    return path


def _document(lake: Lake, played: "Played", page: Path | None, seconds: dict[str, float]) -> dict[str, Any]:
    from infra.local.demo.closing import own_log
    from infra.local.demo.story import ENVIRONMENT

    return {
        "lake": str(lake.root),
        "environment": ENVIRONMENT,
        "from": played.first.isoformat(),
        "to": played.last.isoformat(),
        "sent": {
            "executions": played.sent.executions,
            "events": played.sent.events,
            "surveys": played.sent.surveys,
            "broken_on_purpose": played.sent.broken,
            "unreadable_requests_on_purpose": played.sent.broken_bodies,
        },
        "booked": {**played.booked.total, "refused_requests": played.booked.refused_requests},
        "refused": [
            {"wrong": wrong, "count": count, "first_reason": played.sent.reasons[wrong]}
            for wrong, count in played.sent.times.most_common()
        ],
        "reconciles": played.booked.is_whole,
        "report": str(page) if page else None,
        "next": own_log(lake.root),
        "seconds": seconds,
    }


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= DAYS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; give one from 1 to {DAYS_MAX}")
    return int(text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= SCALE_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale; give a number above 0, up to {SCALE_MAX}")
    return scale
