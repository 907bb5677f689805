"""``promptlake export``: a person's own data, for the person."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from infra.local.commands.options import add_lake
from infra.local.lake import Lake, LakeError, lake_path, open_lake
from ingest.contracts.instants import from_us

if TYPE_CHECKING:
    from infra.local.person import Found

_TIME_SUFFIX = "_us"


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "export",
        help="all that the lake holds of one person",
        description="A line of JSON for each event that names the person, or a browser or session of theirs and of "
        "nobody else's, for what was refused of these, and for each decision on consent. Nothing found is no error.",
    )
    parser.add_argument(
        "--user",
        metavar="ID",
        action="append",
        required=True,
        help="as your application names the person; an e-mail "
        "address or a browser's id finds what is stored under these; may be repeated",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="default: standard output")
    add_lake(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write what is found; returns 0.

    Raises:
        LakeError: the lake or its keys can't be read, or the file not be written.
    """
    lake = open_lake(lake_path(args.lake))
    if args.out is None:
        counts = _write(lake, args.user, sys.stdout.buffer)
        sys.stdout.flush()
    else:
        counts = _to_file(lake, args.user, args.out)
    told = ", ".join(f"{count:,} of {table}" for table, count in counts.items()) or "nothing"
    sys.stderr.write(f"Found {told}.\n")
    return 0


def _to_file(lake: Lake, ids: list[str], path: Path) -> Counter[str]:
    """Whole or not at all."""
    fresh = path.with_name(path.name + ".tmp")
    try:
        with fresh.open("wb") as out:
            counts = _write(lake, ids, out)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise LakeError(f"{path} can't be written ({error.strerror}); name another file with --out.") from error
    return counts


def _write(lake: Lake, ids: list[str], out: IO[bytes]) -> Counter[str]:
    from infra.local.delivering import consents_of
    from infra.local.keyring import open_keys
    from infra.local.person import Search

    keyring = open_keys(lake).keyring
    pseudonyms = [name for identity in ids for name in keyring.pseudonyms(identity)]
    counts: Counter[str] = Counter()
    for found in Search(lake, pseudonyms).rows():
        counts[found.table] += 1
        out.write(orjson.dumps(_told(found)) + b"\n")
    consents = consents_of(lake)
    for decision in consents.decisions(pseudonyms):
        counts["consent"] += 1
        out.write(orjson.dumps({"table": "consent", **decision}) + b"\n")
    consents.close()
    return counts


def _told(found: "Found") -> dict[str, Any]:
    """As a person can read it: times as times."""
    told: dict[str, Any] = {"table": found.table}
    for name, value in found.row.items():
        if name.endswith(_TIME_SUFFIX):
            told[name.removesuffix(_TIME_SUFFIX)] = from_us(value).isoformat()
        else:
            told[name] = value
    return told
