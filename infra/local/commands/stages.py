"""What commands about a stage in AWS have in common."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.lake import LakeError

if TYPE_CHECKING:
    from infra.aws.session import Clients
    from infra.aws.stage import Stage


def add_stage(parser: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """``--stage NAME`` and ``--stages DIR``; :func:`at_stage` reads them."""
    parser.add_argument("--stage", metavar="NAME", required=is_needed, help="the stage, whose settings are NAME.toml")
    parser.add_argument(
        "--stages", metavar="DIR", type=Path, default=Path("stages"), help="the folder of settings (default: ./stages)"
    )


@contextmanager
def at_stage(args: argparse.Namespace) -> "Iterator[tuple[Stage, Clients]]":
    """The stage that was named, and clients of its account. Import what loads boto3 after it was entered, for what
    speaks with AWS may not be installed.

    Raises:
        LakeError: the stage has no settings, or can't be asked, or can't do what is asked of it.
    """
    from infra.aws.session import clients_of
    from infra.aws.stage import StageError, read_stage
    from ingest.delivery.unavailable import Unavailable

    try:
        stage = read_stage(args.stage, args.stages)
        yield stage, clients_of(stage)
    except (StageError, Unavailable) as error:
        raise LakeError(str(error)) from error
