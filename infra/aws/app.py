"""The CDK app: ``python -m infra.aws.app --stage dev --packages FOLDER``, which `promptlake deploy` lets CDK call.

Settings are read from ``stages/<stage>.toml``; see :mod:`infra.aws.stage`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App

from infra.aws.names import Names
from infra.aws.openapi import api_document
from infra.aws.packages.build import Package
from infra.aws.rooms.functions import JOBS, REPORTS, Packages
from infra.aws.stacks import Stacks, make_stacks
from infra.aws.stage import STAGES, Stage, StageError, read_stage

_AS_NEW = {
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/aws-iam:minimizePolicies": False,
}
"""CDK behaves as it did long ago unless it is told otherwise."""


def make_app(stage: Stage, packages: Packages, out: str | None = None) -> tuple[App, Stacks]:
    """The app of one stage; nothing is written before it is synthesised."""
    app = App(outdir=out, analytics_reporting=False, tree_metadata=False, context=_AS_NEW)
    return app, make_stacks(app, Names(stage), packages, api_document())


def packages_in(folder: Path) -> Packages:
    """Where `promptlake deploy` puts them."""
    images = {name: folder / name for name in (JOBS, REPORTS)}
    return Packages({package: folder / package for package in Package}, images, folder / "glue")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.aws.app")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--stages", type=Path, default=STAGES)
    parser.add_argument("--packages", type=Path, required=True)
    args = parser.parse_args(argv)
    try:
        stage = read_stage(args.stage, args.stages)
        app, _ = make_app(stage, packages_in(args.packages))
    except StageError as error:
        print(f"promptlake: {error}", file=sys.stderr)  # noqa: T201
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
