"""``promptlake build``: bronze, silver, gold, gate, publish."""

import argparse
import gc
import json
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

from infra.local.commands.building import told_failures
from infra.local.commands.options import add_common
from infra.local.lake import LakeError, lake_path, open_lake

if TYPE_CHECKING:
    from transforms.jobs.build_result import BuildResult


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "build",
        help="bring the tables up to what was received",
        description="Bronze to silver to gold, through the quality gate, and published. Incremental, safe to repeat; "
        "waits where another build of this lake is running.",
    )
    for name, what in (("--from", "first"), ("--to", "last")):
        parser.add_argument(
            name,
            metavar="DATE",
            type=_day,
            dest=what,
            help=f"read silver from bronze once more, and compute gold anew, for days of which this is the {what}",
        )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Build; returns 0 when what was received is published.

    Raises:
        LakeError: no lake, or a rule of severity ``fail`` is broken: readers keep the last good state.
    """
    again = _days(args.first, args.last)
    lake = open_lake(lake_path(args.lake))
    # A short life with a million objects from imports alone: collecting garbage costs more than there is of it.
    gc.disable()
    from infra.local.build import build_lake  # the engines take a second to import
    from infra.local.progress import WAITING, steps

    with steps("Building", quiet=args.quiet or args.json) as step, told_failures():
        result = build_lake(lake, step, lambda: step(WAITING), on_damage=_warn, again=again)
    for warning in result.warnings:
        _warn(warning.sentence)
    if args.json:
        print(json.dumps(result.to_dict()))  # noqa: T201
    elif not args.quiet:
        print(_sentence(result))  # noqa: T201
    return 0


def _days(first: date | None, last: date | None) -> tuple[date, date] | None:
    if first is None and last is None:
        return None
    first, last = first or date.min, last or date.max
    if first > last:
        raise LakeError(f"--from {first} is later than --to {last}; exchange them.")
    return first, last


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-03-01") from None


def _warn(sentence: str) -> None:
    print(f"warning: {sentence}", file=sys.stderr)  # noqa: T201


def _sentence(result: "BuildResult") -> str:
    rows = ", ".join(f"{count:,} {table}" for table, count in result.new_rows.items() if count)
    again = f", {result.duplicates:,} duplicates left out" if result.duplicates else ""
    refused = f", {result.conflicts:,} conflicting ids refused" if result.conflicts else ""
    what = f"{rows or 'nothing new'}{again}{refused}"
    return f"Built: {what}. Complete through {result.publication.complete_through}."
