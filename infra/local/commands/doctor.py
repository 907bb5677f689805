"""``promptlake doctor``: is a lake, or a stage in AWS, as it should be, and what is to be mended."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from infra.local.commands.options import add_common
from infra.local.commands.stages import add_stage, at_stage
from infra.local.lake import lake_path, open_lake

WRONG = 1
"""Exit code: something is to be mended."""


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "doctor",
        help="is the lake as it should be, and what is to be mended",
        description="Looks at a folder, or with --stage at an account, and changes nothing. Exit code 1 means that "
        "something is to be mended.",
    )
    add_common(parser, run)
    add_stage(parser, is_needed=False)


def run(args: argparse.Namespace) -> int:
    """Look; returns 1 where something is wrong.

    Raises:
        LakeError: there is no such lake or stage.
    """
    found = _of_stage(args) if args.stage else _of_folder(args)
    if args.json:
        print(json.dumps(found))  # noqa: T201
    else:
        for check, problems in found.items():
            for problem in problems or ["in order"]:
                print(f"{'✗' if problems else '✓'} {check}: {problem}")  # noqa: T201
    return WRONG if any(found.values()) else 0


def _of_folder(args: argparse.Namespace) -> Mapping[str, list[str]]:
    from infra.local.doctor import examine

    return examine(open_lake(lake_path(args.lake)))


def _of_stage(args: argparse.Namespace) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    with at_stage(args) as (stage, clients):
        from infra.aws.doctor.after import AFTER
        from infra.aws.doctor.examining import examine
        from infra.aws.names import Names

        for finding in examine(Names(stage), clients, AFTER):
            found.setdefault(finding.check, [])
            if finding.problem:
                found[finding.check].append(finding.problem)
    return found
