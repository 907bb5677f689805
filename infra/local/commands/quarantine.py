"""``promptlake quarantine list|show|replay|aside``: what was refused, why, and once more after a fix."""

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.lake import Lake, lake_path, open_lake

if TYPE_CHECKING:
    from infra.local.quarantine import Chosen


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "quarantine",
        help="list what was refused, show or replay an event of it, set a damaged file aside",
        description="What was refused, and why. A replay sends it through the transform step once more: what passes is "
        "stored once, however often it is asked; what fails again stays.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_list(actions)
    _add_show(actions)
    _add_replay(actions)
    _add_aside(actions)


def _add_list(actions: Any) -> None:
    parser = actions.add_parser("list", help="count what was refused by time, event type, stage and code")
    _add_filters(parser)
    parser.add_argument("--by", choices=("day", "hour"), default="day", help="how finely to count (default: day)")
    parser.add_argument("--each", action="store_true", help="every event by itself, with its id, the newest first")
    add_common(parser, _list)


def _add_show(actions: Any) -> None:
    parser = actions.add_parser("show", help="one refused event with its payload and reason")
    parser.add_argument("id", metavar="ID", help="as `list --each` gives it; may be shortened before the colon")
    add_common(parser, _show)


def _add_replay(actions: Any) -> None:
    parser = actions.add_parser(
        "replay",
        help="send refused events through the transform step once more",
        description="Without ids and filters, everything that was not replayed yet.",
    )
    parser.add_argument("ids", nargs="*", metavar="ID", help="as `list --each` gives it")
    _add_filters(parser)
    add_common(parser, _replay)


def _add_aside(actions: Any) -> None:
    parser = actions.add_parser(
        "aside",
        help="set a file of bronze aside that can't be read",
        description="The file goes into the lake's folder `damaged`, and builds go on without it. Its events that were "
        "not built yet are counted as damaged. One that can be read stays where it is.",
    )
    parser.add_argument("path", metavar="FILE", help="as the message names it, below the lake's folder")
    add_common(parser, _aside)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--type", metavar="TYPE", help="event type, as far as it could be told")
    parser.add_argument("--code", metavar="CODE", help="kind of reason, such as unknown_field")
    parser.add_argument("--since", metavar="TIME", type=_instant, help="arrived since, such as 2026-03-01 (UTC)")


# What follows imports where it needs it: `promptlake --help` imports this file, and the engine takes a second.
def _list(args: argparse.Namespace) -> int:
    from infra.local.commands.quarantine_told import tell_each, tell_groups
    from infra.local.quarantine import Quarantine

    quarantine = Quarantine(_lake(args))
    try:
        if args.each:
            tell_each(quarantine.entries(_chosen(args)), as_json=args.json)
        else:
            tell_groups(quarantine.groups(_chosen(args), args.by), as_json=args.json)
    finally:
        quarantine.close()
    return 0


def _show(args: argparse.Namespace) -> int:
    from infra.local.commands.quarantine_told import tell_one
    from infra.local.quarantine import Quarantine

    quarantine = Quarantine(_lake(args))
    try:
        tell_one(quarantine.entry(args.id), as_json=args.json)
    finally:
        quarantine.close()
    return 0


def _replay(args: argparse.Namespace) -> int:
    from infra.local.commands.quarantine_told import tell_replay
    from infra.local.delivering import open_transform
    from infra.local.quarantine import Quarantine
    from ingest.delivery.quarantine import replay

    lake = _lake(args)
    quarantine, ledger = Quarantine(lake), lake.ledger()
    try:
        entries = quarantine.entries(_chosen(args), oldest_first=True)
        done = replay(lake.root, ledger, open_transform(lake), (entry.refused for entry in entries))
    finally:
        ledger.close()
        quarantine.close()
    tell_replay(done, as_json=args.json)
    return 0


def _aside(args: argparse.Namespace) -> int:
    from infra.local.damaged import set_aside

    aside = set_aside(_lake(args), args.path)
    if args.json:
        sys.stdout.write(json.dumps({"path": aside.path, "damaged": aside.events}) + "\n")
    else:
        where = f"now lies in {aside.path}" if aside.path else "was gone already"
        sys.stdout.write(f"{args.path} {where}; {aside.events:,} events of it are counted as damaged.\n")
    return 0


def _chosen(args: argparse.Namespace) -> "Chosen":
    from infra.local.quarantine import Chosen

    return Chosen(tuple(getattr(args, "ids", ())), args.type, args.code, args.since)


def _lake(args: argparse.Namespace) -> Lake:
    return open_lake(lake_path(args.lake))


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(re.sub(r"^(\d{4}-\d\d-\d\d)-(\d\d)$", r"\1T\2", text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-03-01 or 2026-03-01T10:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
