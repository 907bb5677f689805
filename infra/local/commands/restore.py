"""``promptlake restore``: templates, budgets, experiments and surveys come back from a backup."""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.lake import LakeError, lake_path, open_lake

if TYPE_CHECKING:
    from serving.logic.restoring import Compared


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "restore",
        help="templates, budgets, experiments and surveys from a backup",
        description="Brings back what the lake lacks of a backup. What the lake has beyond it stays; what was changed "
        "in both is left as it is and named, and the exit code is 1.",
    )
    parser.add_argument("file", metavar="FILE", help="made by `promptlake backup`")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be")
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Restore; returns 1 where something was changed in both.

    Raises:
        LakeError: the file is no whole backup; nothing was written.
    """
    from infra.local.templates import open_store
    from serving.logic.bundle import BadBundle
    from serving.logic.restoring import Standing, restore

    lake = open_lake(lake_path(args.lake), create=not args.dry_run)
    try:
        report = restore(open_store(lake.root), Path(args.file), is_rehearsal=args.dry_run)
    except BadBundle as error:
        raise LakeError(str(error)) from error
    counts = Counter(compared.standing for compared in report)
    if args.json:
        told = {standing.value: counts[standing] for standing in Standing}
        sys.stdout.write(json.dumps({"counts": told, "found": [asdict(one) for one in report]}) + "\n")
    else:
        _show(report, counts, is_rehearsal=args.dry_run)
    return 1 if counts[Standing.CONFLICT] else 0


def _show(report: "list[Compared]", counts: "Counter[Any]", *, is_rehearsal: bool) -> None:
    from serving.logic.restoring import RESTORED, Standing

    said = {
        Standing.MISSING: "to be restored" if is_rehearsal else "restored",
        Standing.BEHIND: "to be brought forward" if is_rehearsal else "brought forward",
        Standing.SAME: "the same already",
        Standing.AHEAD: "further than the backup, left as they are",
        Standing.CONFLICT: "changed in both, left as they are",
    }
    for one in report:
        if one.standing in RESTORED or one.standing == Standing.CONFLICT:
            sys.stdout.write(f"{one.standing:10} {one.kind:10} {one.environment}/{one.id}\n")
    parts = [f"{counts[standing]} {words}" for standing, words in said.items() if counts[standing]]
    sys.stdout.write(f"{', '.join(parts) or 'The backup holds nothing'}.\n")
