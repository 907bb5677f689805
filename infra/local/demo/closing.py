"""The last lines of the demo: what was sent and what became of it, and what to do next."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.local.demo.application import Sent
from infra.local.demo.books import Books


def print_flow(sent: Sent, booked: Books, console: Console) -> None:
    """What was sent by which client, and what the lake made of it."""
    console.print()
    console.rule(Text(" WHAT THE SIMULATED APPLICATION SENT ", style="bold yellow"), align="left")
    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    grid.add_column("client")
    for title in ("received", "stored", "refused", "no consent", "new", "seen before"):
        grid.add_column(title, justify="right", no_wrap=True)
    for door, client in (
        ("otlp", "OpenTelemetry SDK"),
        ("native", "POST /v1/events"),
        ("analytics", "POST /analytics/feedback"),
    ):
        grid.add_row(client, *_flow(booked.by_door[door]))
    grid.add_row("in all", *_flow(booked.total), style="bold")
    console.print(grid)
    console.print(Text("✓ The counts reconcile: ", style="green"), end="")
    console.print(Text("received = stored + refused + no consent; stored = new + seen before.", style="dim"))
    console.print()
    what = f"{sent.refused:,} events, now in quarantine; {sent.refused_bodies:,} whole requests"
    console.print(Text("Broken on purpose, and refused (simulated)", style="bold"))
    console.print(Text(what, style="dim"))
    refused = Table.grid(padding=(0, 2, 0, 0))
    refused.add_column(justify="right", no_wrap=True)
    refused.add_column(no_wrap=True)
    refused.add_column(style="dim")
    for wrong, count in sent.times.most_common():
        refused.add_row(f"{count:,}×", Text(wrong), Text(sent.reasons[wrong]))
    console.print(refused)


def print_next(lake: Path, look: str, console: Console) -> None:
    """The address, and the commands that follow."""
    command, where = promptlake(), shown(lake)
    console.print()
    console.rule(Text(" NEXT ", style="bold"), align="left")
    for title, text in (
        ("Look at the report", look),
        ("Open this lake again", f"{command} up --lake {where}"),
        ("Bring in your own log", own_log(lake)),
    ):
        console.print(Text(f"{title}:", style="bold"))
        # Not folded, so that it can be copied.
        console.print(Text(f"  {text}"), soft_wrap=True)


def own_log(lake: Path) -> str:
    """The one command that drafts a mapping for the user's own log and reads the log through it."""
    command = promptlake()
    guess = f"{command} import YOUR.jsonl --guess > my.yaml"
    return f"{guess} && {command} import YOUR.jsonl --mapping my.yaml --lake {shown(lake)}"


def promptlake() -> str:
    """The command as it can be typed here."""
    ours = Path(sys.executable).with_name("promptlake")
    found = shutil.which("promptlake")
    return "promptlake" if found and Path(found) == ours else shown(ours)


def shown(path: Path) -> str:
    """A path as short as it can be said from here, ready for a shell."""
    near = os.path.relpath(path)
    return shlex.quote(str(path) if near.startswith("..") else near)


def _flow(door: dict[str, int]) -> list[str]:
    kinds = ("received", "bronze", "quarantined", "dropped", "silver", "duplicates")
    return [f"{door[kind]:,}" if door[kind] else "–" for kind in kinds]
