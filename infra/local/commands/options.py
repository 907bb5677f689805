"""Options that several commands take, so that they are spelled and explained once."""

import argparse
from collections.abc import Callable


def add_lake(parser: argparse.ArgumentParser, default: str = "./lake") -> None:
    """``--lake DIR``; :func:`infra.local.lake.lake_path` reads it."""
    parser.add_argument("--lake", metavar="DIR", help=f"the lake's folder (default: $PROMPTLAKE_LAKE, or {default})")


def add_common(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    """``--lake`` and ``--json``, and what the command does."""
    add_lake(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(run=run)
