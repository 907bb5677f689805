"""What commands about a stage in AWS have in common."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.lake import LakeError

if TYPE_CHECKING:
    from infra.aws.stage import Stage


def add_stage(parser: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """``--stage NAME`` and ``--stages DIR``; :func:`read` reads them."""
    parser.add_argument("--stage", metavar="NAME", required=is_needed, help="the stage, whose settings are NAME.toml")
    parser.add_argument(
        "--stages", metavar="DIR", type=Path, default=Path("stages"), help="the folder of settings (default: ./stages)"
    )


def read(args: argparse.Namespace) -> "Stage":
    """The stage that was named.

    Raises:
        LakeError: it has no settings, or they say what can't be.
    """
    from infra.aws.stage import StageError, read_stage

    try:
        return read_stage(args.stage, args.stages)
    except StageError as error:
        raise LakeError(str(error)) from error
