"""``promptlake maintain``: what is kept no longer goes, small files are put together, what was replaced is cleared."""

import argparse
import json
from typing import TYPE_CHECKING

from infra.local.commands.building import told_failures
from infra.local.commands.options import add_common
from infra.local.lake import lake_path, open_lake

if TYPE_CHECKING:
    from typing import Any

    from transforms.jobs.maintain import Maintained


def add_parser(subparsers: "Any") -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "maintain",
        help="remove what is kept no longer, put small files together",
        description="Goes by [retention] in the lake's settings.toml. Run it once a day, say. Safe to repeat and to "
        "interrupt; waits where a build of this lake is running.",
    )
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Do all that is due; returns 0.

    Raises:
        LakeError: the lake or its settings can't be read.
    """
    lake = open_lake(lake_path(args.lake))
    from infra.local.maintaining import maintain_lake
    from infra.local.progress import WAITING, steps

    stopped = told_failures("Maintenance", "the next run does what is left")
    with steps("Maintaining", quiet=args.json) as step, stopped:
        done = maintain_lake(lake, step, lambda: step(WAITING))
    if args.json:
        print(json.dumps(done.to_dict()))  # noqa: T201
    else:
        print(_sentence(done))  # noqa: T201
    return 0


def _sentence(done: "Maintained") -> str:
    expired = ", ".join(f"{rows:,} of {table}" for table, rows in done.expired.items() if rows)
    merged = sum(done.merged.values())
    return (
        f"Maintained: {f'rows expired: {expired}' if expired else 'nothing expired'}; {merged:,} small files put "
        f"together; {done.removed:,} files removed that nothing refers to."
    )
