"""``promptlake keys``: what persons are named by."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.lake import lake_path, open_lake

if TYPE_CHECKING:
    from infra.local.keyring import KeyFile


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "keys",
        help="the keys that make pseudonyms; who someone is in the lake",
        description="Users are stored under pseudonyms. Only who has the keys, which lie outside the lake, can find "
        "someone in it. Keep a copy of the file: without it nobody can.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_common(actions.add_parser("show", help="where they are, and since when each was used"), _show)
    rotate = actions.add_parser(
        "rotate",
        help="use a new key from now on",
        description="Whoever comes back then has another pseudonym, and counts as somebody new. The earlier keys stay, "
        "so that everyone can still be found. A running `promptlake up` takes the new key when it is started again.",
    )
    add_common(rotate, _rotate)
    find = actions.add_parser("find", help="the pseudonyms of a person, the newest last")
    find.add_argument("ids", nargs="+", metavar="ID", help="as your application names a user, a browser or a session")
    add_common(find, _find)


def _keys(args: argparse.Namespace) -> "KeyFile":
    from infra.local.keyring import open_keys

    return open_keys(open_lake(lake_path(args.lake)))


def _show(args: argparse.Namespace) -> int:
    return _tell(_keys(args), as_json=args.json)


def _rotate(args: argparse.Namespace) -> int:
    from infra.local.keyring import rotate

    return _tell(rotate(open_lake(lake_path(args.lake))), as_json=args.json)


def _find(args: argparse.Namespace) -> int:
    keyring = _keys(args).keyring
    found = {identity: keyring.pseudonyms(identity) for identity in args.ids}
    if args.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.writelines(f"{identity}\t{'  '.join(names)}\n" for identity, names in found.items())
    return 0


def _tell(file: "KeyFile", *, as_json: bool) -> int:
    if as_json:
        keys = [{"number": number, "made_at": made_at} for number, made_at in enumerate(file.made_at, 1)]
        sys.stdout.write(json.dumps({"path": str(file.path), "keys": keys}) + "\n")
        return 0
    sys.stdout.write(f"{file.path}\n")
    for number, made_at in enumerate(file.made_at, 1):
        sys.stdout.write(f"  key {number}  made {made_at}{'  in use' if number == len(file.keys) else ''}\n")
    return 0
