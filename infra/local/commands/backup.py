"""``promptlake backup``: templates, budgets, experiments and surveys in one checksummed file."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.commands.options import add_common
from infra.local.lake import lake_path, open_lake


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "backup",
        help="templates, budgets, experiments and surveys in one file",
        description="Writes every template with its versions, labels, comments, test runs and audit log, and every "
        "budget, experiment and survey, into one checksummed file, while the lake goes on. `promptlake restore` "
        "reads it.",
    )
    parser.add_argument(
        "--out", metavar="FILE", required=True, help="where to; an older file is replaced once it is whole"
    )
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Write the bundle; returns 0."""
    from infra.local.templates import open_store
    from serving.logic.bundle import write_bundle

    lake = open_lake(lake_path(args.lake))
    out = Path(args.out).expanduser()
    fresh = out.with_name(f"{out.name}.tmp")
    try:
        with fresh.open("wb") as file:
            counts = write_bundle(open_store(lake.root), file, datetime.now(UTC))
            os.fsync(file.fileno())
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    if args.json:
        told = {"file": str(out), "counts": dict(counts), "bytes": out.stat().st_size}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        listed = ", ".join(f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in counts.items())
        sys.stdout.write(f"{listed or 'Nothing'} in {out}.\n")
    return 0
