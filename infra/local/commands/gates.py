"""``promptlake gates``: what the quality gate found in the last builds, as one page."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_lake
from infra.local.commands.pages import write

if TYPE_CHECKING:
    from dashboards.gates.collect import GateHistory

RUNS = 20


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "gates",
        help="write what the quality gate found as one page",
        description="Write one HTML page: every rule of every table, and what the last builds found, with example "
        "rows. Builds that failed are in it. The same as rows: operations.gate_results.",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, default=Path("gates.html"), help="(default: gates.html)")
    parser.add_argument("--builds", metavar="N", type=_builds, default=RUNS, help=f"the last N (default: {RUNS})")
    add_lake(parser)
    parser.add_argument("--json", action="store_true", help="answer with where it is and what is broken now, as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page; returns 0 once it is there.

    Raises:
        LakeError: the lake can't be opened, or the page can't be written.
    """
    # Imported here, because every start of the command line imports this file.
    from dashboards.gates.collect import collect
    from dashboards.gates.page import render
    from infra.local.lake import lake_path, open_lake

    history = collect(open_lake(lake_path(args.lake)).root, args.builds)
    out: Path = args.out.expanduser().absolute()
    write(out, render(history))
    sys.stdout.write((json.dumps(_summary(history, out), indent=1) if args.json else f"Written: {out}") + "\n")
    return 0


def _builds(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of builds; give a whole number from 1 up")
    return int(given)


def _summary(history: "GateHistory", out: Path) -> dict[str, Any]:
    last = history.last
    return {
        "out": str(out),
        "builds": len(history.runs),
        "last": {"run": last.run, "checked_at": last.checked_at, "outcome": last.outcome} if last else None,
        "broken": [
            {
                "table": table.table,
                "demand": rule.demand,
                "severity": rule.severity,
                "rows": rule.rows,
                "broken": rule.broken,
                "examples": rule.examples,
            }
            for table, rule in history.broken
        ],
    }
