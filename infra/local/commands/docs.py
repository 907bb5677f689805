"""``promptlake docs``: the data dictionary as a folder of pages."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from infra.local.commands.options import add_lake
from infra.local.commands.pages import write

FOLDER = "docs"


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "docs",
        help="write the data dictionary: tables, columns, rules, metrics, lineage",
        description="Write a folder of HTML pages: every table, what its columns mean, in which unit and of whom they "
        "tell, what must hold of them, which metrics stand on them, and what they are computed from, drawn. Needs no "
        "network, neither to make nor to read.",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help=f"(default: {FOLDER} in the lake's folder)")
    add_lake(parser)
    parser.add_argument("--json", action="store_true", help="answer with where it is and what is in it, as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the pages; returns 0 once all are there.

    Raises:
        LakeError: no folder is named and the lake can't be opened, or the pages can't be written.
    """
    # Imported here, because every start of the command line imports this file.
    from dashboards.dictionary.collect import collect
    from dashboards.dictionary.page import INDEX, render
    from infra.local.lake import LakeError, lake_path, open_lake

    out: Path = args.out.expanduser().absolute() if args.out else open_lake(lake_path(args.lake)).root / FOLDER
    dictionary = collect()
    pages = render(dictionary)
    try:
        for folder in {(out / name).parent for name in pages}:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"{out} can't be written ({error.strerror}); name another folder with --out.") from error
    for name, page in pages.items():
        write(out / name, page)
    start = out / INDEX
    summary = {"out": str(start), "pages": len(pages), "tables": [table.name for table in dictionary.tables]}
    sys.stdout.write((json.dumps(summary, indent=1) if args.json else f"Written: {start}") + "\n")
    return 0
