"""``promptlake erase``: removes a person from every layer, with a receipt."""

import argparse
import json
from typing import Any

from infra.local.commands.building import told_failures
from infra.local.commands.options import add_common
from infra.local.commands.tables import console
from infra.local.lake import lake_path, open_lake

_LAYERS = ("bronze", "silver", "gold")


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "erase",
        help="remove a person from every layer, with a receipt",
        description="Removes each event that names the person, or a browser or session of theirs and of nobody else's, "
        "from bronze, quarantine, silver and gold, and computes anew what follows. It can't be undone. Safe to repeat; "
        "cut off, the same command finishes. `promptlake export` shows beforehand what there is.",
    )
    parser.add_argument(
        "--user",
        metavar="ID",
        action="append",
        required=True,
        help="as your application names the person; name an e-mail address or a browser's id as well where events "
        "came under these; may be repeated",
    )
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Erase; returns 0 when nothing of the person is in any table.

    Raises:
        LakeError: the lake or its keys can't be read, or something of bronze, and so nobody can say who is in it.
    """
    lake = open_lake(lake_path(args.lake))
    from infra.local.erasing import erase_from_lake
    from infra.local.progress import WAITING, steps

    stopped = told_failures("The erasure", "is finished by the same command once that is mended")
    with steps("Erasing", quiet=args.json) as step, stopped:
        receipt, path = erase_from_lake(lake, args.user, step, lambda: step(WAITING))
    if args.json:
        print(json.dumps(receipt))  # noqa: T201
    else:
        _show(receipt, path)
    return 0


def _show(receipt: dict[str, Any], path: str) -> None:
    from rich.table import Table

    out = console()
    table = Table(title="Erased rows", title_justify="left", title_style="bold", box=None, header_style="dim")
    table.add_column("table")
    for layer in _LAYERS:
        table.add_column(layer, justify="right")
    names = dict.fromkeys(name.partition(".")[2] for name in receipt["rows"])
    for name in names:
        counts = (receipt["rows"].get(f"{layer}.{name}", 0) for layer in _LAYERS)
        table.add_row(name, *(f"{rows:,}" if rows else "" for rows in counts))
    if names:
        out.print(table)
    else:
        out.print("No table held anything of this person.")
    consent, gone = receipt["consent"], receipt["gone"]
    if consent["decisions_removed"]:
        out.print(f"Consent: {consent['decisions_removed']:,} decisions removed.")
    if consent["withdrawals_kept"]:
        out.print(
            f"Consent: {consent['withdrawals_kept']:,} withdrawals kept, or what arrives later would be stored again."
        )
    out.print(f"Searched: all that arrived before {receipt['received_before']}.", soft_wrap=True)
    out.print(
        f"Files that were replaced go with the first `promptlake maintain` after {gone['snapshots_after']}; "
        + (f"your backups hold none of it after {gone['backups_after']}." if gone["backups_after"] else _UNTOLD),
        soft_wrap=True,
    )
    for unread in receipt["not_searched"]:
        out.print(f"[yellow]Not searched[/yellow] {unread}: it can't be read; remove it yourself.", soft_wrap=True)
    out.print(f"Receipt: {path}", soft_wrap=True)


_UNTOLD = "backups that you keep elsewhere still hold it (say in settings.toml for how long: [retention] backups_days)."
