"""``promptlake deploy``, ``diff`` and ``destroy``: a stage in the owner's AWS account."""

import argparse
from typing import Any

from infra.local.commands.stages import add_stage, at_stage

_ACTIONS = {
    "deploy": (
        "put a stage into its AWS account, or bring it up to date",
        "Repeat it after each change of settings or version. Looks first, and refuses what can't be.",
    ),
    "diff": ("show what `deploy` would change in a stage", "Changes nothing."),
    "destroy": (
        "take a stage out of its AWS account, except what it keeps",
        "Buckets, tables, catalog and people stay; docs/deploy.md says how they are removed.",
    ),
}


def add_parser(subparsers: Any) -> None:
    """Add the commands to ``promptlake``."""
    for name, (is_for, description) in _ACTIONS.items():
        if name not in subparsers.choices:
            parser = subparsers.add_parser(name, help=is_for, description=description)
            add_stage(parser)
            parser.set_defaults(run=run, action=name)


def run(args: argparse.Namespace) -> int:
    """Do it; returns 0.

    Raises:
        LakeError: there is no such stage, it can't be deployed, or CDK failed.
    """
    with at_stage(args) as (stage, clients):
        from infra.aws import deploying

        act = {"deploy": deploying.deploy, "diff": deploying.diff, "destroy": deploying.destroy}[args.action]
        act(stage, clients, _say, stages=args.stages)
    return 0


def _say(step: str) -> None:
    print(f"{step} …", flush=True)  # noqa: T201
