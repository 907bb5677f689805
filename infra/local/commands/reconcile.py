"""``promptlake reconcile``: whether what went into each hand-over came out of it, by hour and event type."""

import argparse
import json
from typing import Any

from infra.local.commands.options import add_common
from infra.local.commands.tables import HEADINGS, console
from infra.local.lake import lake_path, open_lake
from infra.local.reconcile import HAND_OVERS, Counts, Gap, gaps, hourly_counts

_SHOWN_ROWS = 200
_SOMETIMES = {"delivery": ("replayed", "dropped"), "silver": ("conflicts", "waiting", "erased", "expired", "damaged")}
"""Shown only where something was counted."""

_ORDER = {
    "delivery": ("received", "replayed", "bronze", "quarantined", "dropped"),
    "silver": ("bronze", "silver", "duplicates", "conflicts", "waiting", "erased", "expired", "damaged"),
}


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "reconcile",
        help="prove that every event received is accounted for, by hour and hand-over",
        description=f"Two sums by hour of arrival and event type: {'; '.join(HAND_OVERS.values())}. "
        "Exit code 1 means that one has a gap; each is told in a sentence.",
    )
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Tell; returns 1 where a hand-over has a gap.

    Raises:
        LakeError: no lake.
    """
    ledger = open_lake(lake_path(args.lake)).ledger()
    try:
        hourly = hourly_counts(ledger)
    finally:
        ledger.close()
    found = list(gaps(hourly))
    if args.json:
        print(json.dumps(_document(hourly, found)))  # noqa: T201
    else:
        _show(hourly)
        for gap in found:
            print(f"✗ {gap.sentence}")  # noqa: T201
        if not found:
            print(f"✓ Every event is accounted for: {'; '.join(HAND_OVERS.values())}.")  # noqa: T201
    return 1 if found else 0


def _document(hourly: list[tuple[str, Counts]], found: list[Gap]) -> dict[str, Any]:
    return {
        "reconciles": not found,
        "gaps": [
            {
                "received_hour": gap.received_hour,
                "event_type": gap.event_type,
                "door": gap.door,
                "hand_over": gap.hand_over,
                "events": gap.events,
                "message": gap.sentence,
            }
            for gap in found
        ],
        "hours": [{"received_hour": hour, **row.to_dict()} for hour, row in hourly],
    }


def _show(hourly: list[tuple[str, Counts]]) -> None:
    from rich.table import Table
    from rich.text import Text

    out = console()
    left_out = len(hourly) - _SHOWN_ROWS
    for hand_over in HAND_OVERS:
        table = Table(title=HAND_OVERS[hand_over], title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("hour", no_wrap=True)
        table.add_column("event type, door", overflow="ellipsis", no_wrap=True)
        names = _names(hand_over, hourly)
        for name in names:
            table.add_column(HEADINGS.get(name, name), justify="right", no_wrap=True)
        table.add_column("")
        for hour, row in hourly[-_SHOWN_ROWS:]:
            gap = row.delivery_gap if hand_over == "delivery" else row.silver_gap
            mark = Text(f"✗ gap {gap:,}", "red") if gap else Text("✓", "green")
            cells = (f"{getattr(row, name):,}" for name in names)
            table.add_row(hour, f"{row.event_type}, {row.door}", *cells, mark)
        out.print(table)
    if left_out > 0:
        out.print(f"… and {left_out:,} earlier rows; --json gives all, and every gap is told here.")


def _names(hand_over: str, hourly: list[tuple[str, Counts]]) -> list[str]:
    rare = {name for name in _SOMETIMES[hand_over] if not any(getattr(row, name) for _, row in hourly)}
    return [name for name in _ORDER[hand_over] if name not in rare]
