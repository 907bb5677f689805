"""Options that several commands take, so that they are spelled and explained once."""

import argparse


def add_lake(parser: argparse.ArgumentParser, default: str = "./lake") -> None:
    """``--lake DIR``; :func:`infra.local.lake.lake_path` reads it."""
    parser.add_argument("--lake", metavar="DIR", help=f"the lake's folder (default: $PROMPTLAKE_LAKE, or {default})")
