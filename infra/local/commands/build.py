"""``promptlake build``: bronze, silver, gold, gate, publish."""

import argparse
import gc
import json
import sys
from typing import TYPE_CHECKING, Any

from infra.local.commands.building import told_failures
from infra.local.commands.options import add_common
from infra.local.lake import lake_path, open_lake

if TYPE_CHECKING:
    from transforms.jobs.build import BuildResult


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "build",
        help="bring the tables up to what was received",
        description="Bronze to silver to gold, through the quality gate, and published. Incremental, safe to repeat; "
        "waits where another build of this lake is running.",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Build; returns 0 when what was received is published.

    Raises:
        LakeError: no lake, or a rule of severity ``fail`` is broken: readers keep the last good state.
    """
    lake = open_lake(lake_path(args.lake))
    # A short life with a million objects from imports alone: collecting garbage costs more than there is of it.
    gc.disable()
    from infra.local.build import build_lake  # the engines take a second to import
    from infra.local.progress import steps

    with steps("Building", quiet=args.quiet or args.json) as step, told_failures():
        result = build_lake(lake, step, on_wait=lambda: step("waiting for another build of this lake"), on_damage=_warn)
    for warning in result.warnings:
        _warn(warning.sentence)
    if args.json:
        print(json.dumps(_document(result)))  # noqa: T201
    elif not args.quiet:
        print(_sentence(result))  # noqa: T201
    return 0


def _warn(sentence: str) -> None:
    print(f"warning: {sentence}", file=sys.stderr)  # noqa: T201


def _document(result: "BuildResult") -> dict[str, Any]:
    return {
        "publication": result.publication.publication,
        "as_of": result.publication.as_of,
        "complete_through": result.publication.complete_through,
        "new_rows": dict(result.new_rows),
        "duplicates": result.duplicates,
        "conflicts": result.conflicts,
        "gold": list(result.gold),
        "warnings": [warning.sentence for warning in result.warnings],
    }


def _sentence(result: "BuildResult") -> str:
    rows = ", ".join(f"{count:,} {table}" for table, count in result.new_rows.items() if count)
    again = f", {result.duplicates:,} duplicates left out" if result.duplicates else ""
    refused = f", {result.conflicts:,} conflicting ids refused" if result.conflicts else ""
    what = f"{rows or 'nothing new'}{again}{refused}"
    return f"Built: {what}. Complete through {result.publication.complete_through}."
