"""``promptlake access``: keys for whoever sends and whoever reads."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.commands.stages import add_stage, at_stage
from infra.local.commands.tables import console
from infra.local.lake import Lake, LakeError, lake_path, open_lake
from ingest.contracts import layout
from ingest.contracts.roles import ROLES, WRITERS

if TYPE_CHECKING:
    from infra.local.access import SqliteGrants
    from ingest.doors.access.dynamo_grants import DynamoGrants
    from ingest.doors.access.grants import Listed


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "access",
        help="keys for senders and readers",
        description="As long as no key was made for a role, whoever reaches the lake may act in it. The first one ends "
        "that: an emitter's key sends and reads nothing, a viewer's reads and sends nothing.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a key, which is shown this once")
    add.add_argument(
        "--role",
        choices=ROLES,
        required=True,
        help="emitter: sends events; executor: runs prompts, too; viewer: reads; editor: writes templates and runs "
        "them, too; approver: approves those of others, too; admin: all of it",
    )
    add.add_argument(
        "--environment",
        metavar="NAME",
        action="append",
        default=[],
        help="it is for this one only, and what names none belongs to the first; may be repeated",
    )
    add.add_argument("--name", default="", help="who has it; all keys of one person have the same name")
    add.add_argument("--events-per-s", metavar="N", type=_rate, help="an emitter may send so fast in the long run")
    add.add_argument("--note", default="", help="what it is for")
    add_common(add, _add)
    add_stage(add, is_needed=False)
    listing = actions.add_parser("list", help="every key that was made, without its text")
    add_common(listing, _list)
    add_stage(listing, is_needed=False)
    revoke = actions.add_parser("revoke", help="end a key")
    revoke.add_argument("id", metavar="ID", help="as `list` gives it")
    add_common(revoke, _revoke)
    add_stage(revoke, is_needed=False)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; give events a second, such as 500")
    return rate


@contextmanager
def _opened(args: argparse.Namespace) -> "Iterator[SqliteGrants | DynamoGrants]":
    """The keys of a lake, or of a stage in AWS."""
    if args.stage:
        with at_stage(args) as (stage, clients):
            from infra.aws.names import Names
            from ingest.doors.access.dynamo_grants import DynamoGrants

            yield DynamoGrants(clients("dynamodb"), Names(stage).access)
        return
    grants = _grants(args)
    try:
        yield grants
    finally:
        grants.close()


def _grants(args: argparse.Namespace) -> "SqliteGrants":
    from infra.local.access import SqliteGrants

    lake: Lake = open_lake(lake_path(args.lake))
    lake.ledger().close()  # says it in a sentence where the file can't be used
    return SqliteGrants(lake.root / layout.STATE_FILE)


def _add(args: argparse.Namespace) -> int:
    if args.role == "viewer" and args.environment:
        raise LakeError("A viewer reads every environment; leave out --environment, or make an editor's key.")
    if args.role != "emitter" and args.events_per_s:
        raise LakeError("--events-per-s is for emitters; leave it out.")
    if args.role in WRITERS and not args.name.strip():
        raise LakeError("Name who has the key with --name: nobody may approve their own templates.")
    with _opened(args) as grants:
        key = grants.add(args.role, tuple(args.environment), args.events_per_s, args.note, args.name.strip())
    if args.json:
        sys.stdout.write(json.dumps({"id": key.id, "role": args.role, "key": key.text}) + "\n")
        return 0
    sys.stdout.write(
        f"{key.text}\n\nShown this once: the lake keeps only a digest of it. "
        f"End it with `promptlake access revoke {key.id}{_there(args)}`.\n"
    )
    return 0


def _list(args: argparse.Namespace) -> int:
    with _opened(args) as grants:
        listed = grants.listed()
    if args.json:
        sys.stdout.write(json.dumps([_document(entry) for entry in listed]) + "\n")
    elif not listed:
        may = "nobody may send or read" if args.stage else "whoever reaches the lake may send and read"
        sys.stdout.write(f"No key was made: {may}.\n")
    else:
        _show(listed)
    return 0


def _revoke(args: argparse.Namespace) -> int:
    with _opened(args) as grants:
        is_ended = grants.revoke(args.id)
    if not is_ended:
        listing = f"`promptlake access list{_there(args)}`"
        raise LakeError(f"There is no key {args.id!a} that could be ended; {listing} gives the ids.")
    sys.stdout.write(json.dumps({"revoked": args.id}) + "\n" if args.json else f"The key {args.id} is ended.\n")
    return 0


def _there(args: argparse.Namespace) -> str:
    """What a command that we name has to say to be about the same stage."""
    return f" --stage {args.stage}" if args.stage else ""


def _document(entry: "Listed") -> dict[str, Any]:
    grant = entry.grant
    return {
        "id": grant.id,
        "role": grant.role,
        "name": grant.holder,
        "environments": list(grant.environments),
        "events_per_s": grant.events_per_s,
        "note": entry.note,
        "made_at": entry.made_at,
        "revoked_at": entry.revoked_at,
    }


def _show(listed: "list[Listed]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "role", "name", "environments", "events/s", "made", "ended", "note"):
        table.add_column(name)
    for grant, note, made_at, revoked_at in listed:
        rate = "" if grant.events_per_s is None else f"{grant.events_per_s:g}"
        words = (
            grant.id,
            grant.role,
            grant.holder,
            ", ".join(grant.environments) or "all",
            rate,
            made_at,
            revoked_at or "",
            note,
        )
        table.add_row(*map(Text, words))
    console().print(table)
