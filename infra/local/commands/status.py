"""``promptlake status``: what is stored, how fresh it is, and whether the counts reconcile."""

import argparse
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.commands.tables import HEADINGS, console
from infra.local.lake import Lake, lake_path, open_lake
from infra.local.reconcile import HAND_OVERS, KINDS, Counts, counts, refused_requests
from ingest.contracts import layout
from sql.publication import Publication, current

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Status:
    """What the command tells."""

    lake: str
    publication: Publication | None
    spool_bytes: int
    bronze: list[tuple[str, int, int, int]]
    """Event type, objects, rows, bytes."""
    counts: list[Counts]
    refused_requests: int
    damaged: list[str]
    """Files with bytes of the spool that could not be read back."""

    @property
    def is_whole(self) -> bool:
        return all(row.is_whole for row in self.counts)


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "status",
        help="what is stored, how fresh it is, whether the counts reconcile",
        description="Exit code 1 means that something received is not accounted for.",
    )
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Tell; returns 1 where the counts have a gap.

    Raises:
        LakeError: no lake.
    """
    status = read_status(open_lake(lake_path(args.lake)))
    if args.json:
        print(json.dumps(_document(status)))  # noqa: T201
    else:
        _show(status)
    return 0 if status.is_whole else 1


def read_status(lake: Lake) -> Status:
    """Read, and change nothing."""
    ledger = lake.ledger()
    try:
        return Status(
            lake=str(lake.root),
            publication=current(lake.root),
            spool_bytes=lake.spool_bytes(),
            bronze=ledger.stored(),
            counts=counts(ledger),
            refused_requests=refused_requests(ledger),
            damaged=sorted(str(path) for path in (lake.root / layout.SPOOL).glob("*.damaged-*")),
        )
    finally:
        ledger.close()


def _document(status: Status) -> dict[str, Any]:
    publication = status.publication
    return {
        "lake": status.lake,
        "as_of": publication.as_of if publication else None,
        "complete_through": publication.complete_through if publication else None,
        "spool_bytes": status.spool_bytes,
        "bronze": [
            {"event_type": name, "objects": objects, "rows": rows, "bytes": size}
            for name, objects, rows, size in status.bronze
        ],
        "gold": {name: asdict(extract) for name, extract in publication.tables.items()} if publication else {},
        "refused_requests": status.refused_requests,
        "damaged": status.damaged,
        "reconciliation": [row.to_dict() for row in status.counts],
        "reconciles": status.is_whole,
    }


def _show(status: Status) -> None:
    from rich.table import Table

    out = console()
    out.print(f"[bold]Lake[/bold] {status.lake}", soft_wrap=True)
    published = status.publication
    if published:
        out.print(f"[bold]Published[/bold] {published.as_of}, complete through {published.complete_through}")
    else:
        out.print("[bold]Published[/bold] nothing yet; run `promptlake build`")
    if status.spool_bytes:
        out.print(f"[bold]Spool[/bold] {status.spool_bytes:,} bytes on their way to bronze")
    if status.refused_requests:
        out.print(f"[bold]Refused requests[/bold] {status.refused_requests:,} (nothing in them could be read)")
    for path in status.damaged:
        out.print(f"[yellow]Unreadable[/yellow] {path} holds bytes that a crash cut off", soft_wrap=True)
    stored = Table(title="Stored in bronze", title_justify="left", title_style="bold", box=None, header_style="dim")
    for name in ("table", "objects", "rows", "bytes", "bytes a row"):
        stored.add_column(name, justify="left" if name == "table" else "right")
    for name, objects, rows, size in status.bronze:
        stored.add_row(name, f"{objects:,}", f"{rows:,}", f"{size:,}", f"{size / max(rows, 1):.1f}")
    out.print(stored)
    out.print(_flow(status.counts))
    if status.is_whole:
        out.print(f"[green]✓[/green] {'; '.join(HAND_OVERS.values())}")
    else:
        out.print("[red]✗ Something received is not accounted for.[/red]")


def _flow(rows: list[Counts]) -> "Table":
    """Counts by event type and door; columns in which nothing was counted are left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title="Counts at each hand-over", title_justify="left", title_style="bold", box=None, header_style="dim"
    )
    usual = ("received", "bronze", "quarantined", "silver", "duplicates")
    names = [name for name in KINDS if name in usual or any(getattr(row, name) for row in rows)]
    table.add_column("event type, door", overflow="ellipsis", no_wrap=True)
    for name in names:
        widest = max((len(f"{getattr(row, name):,}") for row in rows), default=0)
        table.add_column(HEADINGS.get(name, name), justify="right", no_wrap=True, min_width=widest)
    table.add_column("", min_width=1)
    for row in rows:
        gap = row.delivery_gap or row.silver_gap
        mark = Text("✓", "green") if row.is_whole else Text(f"✗ gap {gap:,}", "red")
        table.add_row(f"{row.event_type}, {row.door}", *(f"{getattr(row, name):,}" for name in names), mark)
    return table
