"""`promptlake import`: logs of any form into the lake, through a mapping."""

import argparse
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_lake
from infra.local.lake import LakeError, lake_path, open_lake
from ingest.doors.refused import ImportRefused

if TYPE_CHECKING:
    from infra.local.importing import Imported

_REASONS_SHOWN = 5


def add_parser(subparsers: Any) -> None:
    """Add the command to `promptlake`."""
    parser = subparsers.add_parser(
        "import",
        help="read logs (JSON, CSV, lines of text) through a mapping",
        description="Read logs, plain or gzip, through a declarative mapping (docs/mappings.md). "
        "Importing again, or a file that has grown, doubles nothing.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="log file")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--mapping", metavar="NAME|FILE", help="a shipped mapping, or a YAML file")
    how.add_argument("--guess", action="store_true", help="draft a mapping for FILE on standard output; import nothing")
    parser.add_argument("--dry-run", action="store_true", help="show the first rows and every refusal; store nothing")
    add_lake(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON; with --dry-run one object a line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns 0 when every row was received, also where some are in quarantine.

    Raises:
        LakeError: a file or the mapping can't be used, or the lake can't be opened.
    """
    try:
        return _run(args)
    except ImportRefused as error:
        raise LakeError(str(error)) from error


def _run(args: argparse.Namespace) -> int:
    # Imported here, because `promptlake --help` imports this file.
    from infra.local.importing import import_files, preview
    from ingest.doors.mapping.batches import check_files
    from ingest.doors.mapping.load import load, shipped

    if args.guess:
        return _guess(args.files, as_json=args.json)
    if args.mapping is None:
        raise ImportRefused(
            f"Say how to read the files with --mapping NAME (shipped are {', '.join(shipped())}) or --mapping FILE; "
            f"`promptlake import {args.files[0]} --guess > mapping.yaml` drafts one."
        )
    mapping = load(args.mapping)
    size_bytes = check_files(args.files, mapping)
    if args.dry_run:
        for line in preview(args.files, mapping, as_json=args.json):
            sys.stdout.write(line + "\n")
        return 0
    lake = open_lake(lake_path(args.lake), create=True)
    imported = import_files(lake, args.files, mapping, size_bytes)
    if args.json:
        sys.stdout.write(imported.as_json() + "\n")
    else:
        _show(imported, args.lake)
    return 0


def _guess(files: list[Path], *, as_json: bool) -> int:
    if len(files) > 1:
        raise ImportRefused(f"--guess drafts a mapping from one file, not {len(files)}; name the most typical one.")
    from ingest.doors.mapping.guess import guess

    draft = guess(files[0])
    sys.stdout.write(draft.as_json() + "\n" if as_json else draft.text())
    return 0


def _show(imported: "Imported", lake: str | None) -> None:
    from rich.console import Console  # 60 ms that no other path needs
    from rich.table import Table

    from infra.local.importing import passed_over

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("event type")
    for name in ("received", "stored", "quarantined", "dropped"):
        table.add_column(name, justify="right")
    for event_type, counts in imported.by_type().items():
        table.add_row(event_type, *(f"{count:,}" for count in counts.values()))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(table)
    if imported.passed_over:
        console.print(f"  {passed_over(imported.passed_over)}")
    for reason in imported.reasons[:_REASONS_SHOWN]:
        console.print(f"  refused: {reason}")
    more = imported.quarantined.total() - len(imported.reasons[:_REASONS_SHOWN])
    if more > 0:
        console.print(f"  … and {more:,} more; `--dry-run` lists them all, and quarantine keeps them")
    console.print(f"Next: promptlake build{f' --lake {quote(lake)}' if lake else ''}")
