"""`promptlake report`: the figures as one page that can be sent to anyone."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_lake
from infra.local.commands.pages import write

if TYPE_CHECKING:
    from dashboards.reports.data import ReportData


def add_parser(subparsers: Any) -> None:
    """Add the command to `promptlake`."""
    parser = subparsers.add_parser(
        "report",
        help="write the figures as one self-contained page, or a week or month for an audience",
        description="Write one HTML page with the figures last built: no network, no script, ready to be sent. With "
        "--audience: what changed in a week or month and why, as HTML, e-mail and PDF in a folder.",
    )
    parser.add_argument(
        "--out", metavar="PLACE", type=Path, help="a file (default: report.html); of --audience a folder"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--days", metavar="N", type=_days, help="only the last N days that have data (default: all of the data)"
    )
    which.add_argument("--audience", metavar="NAME", help="product, finance, engineering, or one of --boards")
    parser.add_argument(
        "--period",
        metavar="week|month[:DATE]",
        help="of --audience: the last that is over, or the one with DATE in it (default: week)",
    )
    parser.add_argument("--boards", metavar="DIR", type=Path, help="a folder with audiences of your own")
    add_lake(parser)
    parser.add_argument("--json", action="store_true", help="answer with where it is and the headline numbers, as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page; returns 0 once it is there.

    Raises:
        LakeError: the lake can't be opened, nothing was built in it, or the page can't be written.
    """
    if args.audience is not None:
        from infra.local.commands.brief import run as run_brief

        args.out, args.period = args.out or Path("report"), args.period or "week"
        return run_brief(args)
    if args.period is not None or args.boards is not None:
        raise _alone()
    args.out = args.out or Path("report.html")
    # Imported here, because every start of the command line imports this file.
    from dashboards.reports.collect import collect
    from dashboards.reports.page import render
    from infra.local.delivering import settings_of
    from infra.local.lake import LakeError, lake_path, open_lake
    from sql.reader import NothingPublished, Reader

    lake = open_lake(lake_path(args.lake))
    try:
        tables = Reader(lake.root).current()
    except NothingPublished as error:
        raise LakeError(f"{lake.root}: {error}") from error
    data = collect(tables, args.days, smallest_group=settings_of(lake).smallest_group)
    out: Path = args.out.expanduser().absolute()
    write(out, render(data))
    said = json.dumps(_summary(data, out), indent=1) if args.json else f"Written: {out}"
    sys.stdout.write(said + "\n")
    return 0


def _alone() -> Exception:
    from infra.local.lake import LakeError

    return LakeError("--period and --boards go with --audience; for the page of all figures say --days.")


def _days(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of days; give a whole number from 1 up")
    return int(given)


def _summary(data: "ReportData", out: Path) -> dict[str, Any]:
    return {
        "out": str(out),
        "as_of": data.as_of,
        "complete_through": data.complete_through,
        "events_unaccounted_for": data.gaps,
        "parts": [
            {
                "simulated": part.is_simulated,
                "environments": part.environments,
                "from": part.first.isoformat(),
                "to": part.last.isoformat(),
                "figures": {
                    figure.metric.name: {
                        "value": figure.value,
                        "previous": figure.previous,
                        "unit": figure.metric.unit,
                    }
                    for figure in part.figures
                },
            }
            for part in data.parts
        ],
    }
