"""``promptlake recipients``: who is mailed the reports of a stage, who is not any more, and back again."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from infra.local.commands.stages import add_stage, at_stage
from infra.local.commands.tables import console
from infra.local.lake import LakeError

if TYPE_CHECKING:
    from infra.aws.reports.mailing import Mailing
    from infra.aws.stage import Stage


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "recipients",
        help="who is mailed the reports of a stage",
        description="Who gets a report, [[reports]] of the stage's settings says. Whoever has followed the link in one "
        "gets that audience's no more, and an address that bounced or complained gets none.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every recipient, and who is left out since when")
    restore = actions.add_parser("restore", help="mail an address again")
    restore.add_argument("address", metavar="ADDRESS")
    for action, run in ((listing, _list), (restore, _restore)):
        action.add_argument("--json", action="store_true", help="answer as JSON")
        action.set_defaults(run=run)
        add_stage(action)


@dataclass(frozen=True, slots=True)
class _Recipient:
    address: str
    audience: str
    period: str
    left_out: str | None
    """Why: unsubscribed, bounced, complained."""
    since: str | None


@contextmanager
def _opened(args: argparse.Namespace) -> "Iterator[tuple[Stage, Mailing]]":
    with at_stage(args) as (stage, clients):
        from infra.aws.names import Names
        from infra.aws.reports.mailing import Mailing
        from ingest.delivery.reaching import reaching

        with reaching("DynamoDB"):
            yield stage, Mailing(clients("dynamodb"), Names(stage).access)


def _list(args: argparse.Namespace) -> int:
    with _opened(args) as (stage, mailing):
        found = list(_recipients(stage, mailing))
    if args.json:
        sys.stdout.write(json.dumps([asdict(one) for one in found]) + "\n")
    elif not found:
        sys.stdout.write(f"Nobody is mailed reports: stage {args.stage} has no [[reports]].\n")
    else:
        _show(found)
    return 0


def _recipients(stage: "Stage", mailing: "Mailing") -> Iterator[_Recipient]:
    stopped = mailing.stopped()
    for report in stage.reports:
        subscriptions = mailing.subscriptions(report.audience)
        for address in report.to:
            key = address.lower()
            if stop := stopped.get(key):
                why: str | None = stop.why
                since: str | None = stop.stopped_at
            else:
                since = subscriptions[key].unsubscribed_at if key in subscriptions else None
                why = "unsubscribed" if since else None
            yield _Recipient(address, report.audience, report.period, why, since)


def _restore(args: argparse.Namespace) -> int:
    with _opened(args) as (stage, mailing):
        was_left_out = mailing.restore(args.address, sorted({report.audience for report in stage.reports}))
    if not was_left_out:
        listing = f"`promptlake recipients list --stage {args.stage}`"
        raise LakeError(f"{args.address} is left out of no report; {listing} says who is.")
    if args.json:
        sys.stdout.write(json.dumps({"restored": args.address}) + "\n")
        return 0
    sys.stdout.write(
        f"{args.address} is mailed again. If mail to it bounced or was complained of, SES has it on a list of its own, "
        f"too: `aws sesv2 delete-suppressed-destination --email-address {args.address}`.\n"
    )
    return 0


def _show(found: list[_Recipient]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("address", "audience", "period", "left out", "since"):
        table.add_column(name)
    for one in found:
        table.add_row(*map(Text, (one.address, one.audience, one.period, one.left_out or "", one.since or "")))
    console().print(table)
