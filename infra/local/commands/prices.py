"""``promptlake prices unpriced|diff|reprice|profiles``: what a token costs, and what it cost."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.commands.options import add_common
from infra.local.lake import Lake, LakeError, lake_path, open_lake

if TYPE_CHECKING:
    from sql.prices.book import PriceBook


def add_parser(subparsers: Any) -> None:
    """Add the command to ``promptlake``."""
    parser = subparsers.add_parser(
        "prices",
        help="what has no price, how prices compare, and history priced anew",
        description="Prices are the project's dated table, and on top of it prices.csv in the lake's folder. A day "
        "that is over keeps the prices it was first built with until `reprice` asks for others.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_unpriced(actions)
    _add_diff(actions)
    _add_reprice(actions)
    _add_profiles(actions)


def _add_unpriced(actions: Any) -> None:
    parser = actions.add_parser(
        "unpriced",
        help="models and terms whose calls have no price, and why",
        description="Exit code 1 means that something has no price.",
    )
    _add_range(parser, is_required=False)
    add_common(parser, _unpriced)


def _add_diff(actions: Any) -> None:
    parser = actions.add_parser(
        "diff",
        help="compare with LiteLLM's table",
        description="Every price of LiteLLM's table beside ours. Without --file and --url it reads the table of the "
        "installed package litellm. Exit code 0: where both have a price it is the same; 1: some differ.",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--file", metavar="FILE", type=Path, help="LiteLLM's model_prices_and_context_window.json")
    source.add_argument("--url", metavar="URL", help="an https address of it, which is fetched now")
    parser.add_argument("--at", metavar="DATE", type=_day, help="compare the prices of a day (default: now)")
    parser.add_argument("--model", metavar="TEXT", default="", help="only names with this in them")
    add_common(parser, _diff)


def _add_reprice(actions: Any) -> None:
    parser = actions.add_parser(
        "reprice",
        help="price past days with what the price files say now, and show what changed",
        description="Builds the days of the range anew with the prices that the files give them now. What was "
        "published changes with this command alone.",
    )
    _add_range(parser, is_required=True)
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    add_common(parser, _reprice)


def _add_profiles(actions: Any) -> None:
    parser = actions.add_parser(
        "profiles",
        help="the models behind application inference profiles of Bedrock",
        description="Lists the profiles that calls name. Exit code 1 means that the model of some is not known.",
    )
    parser.add_argument("--look-up", action="store_true", help="ask Bedrock for those not known, and keep the answers")
    add_common(parser, _profiles)


def _add_range(parser: argparse.ArgumentParser, *, is_required: bool) -> None:
    parser.add_argument("--from", dest="first", metavar="DATE", type=_day, required=is_required, help="first UTC day")
    parser.add_argument("--to", dest="last", metavar="DATE", type=_day, help="last UTC day (default: today)")


# What follows imports where it needs it: `promptlake --help` imports this file, and the engine takes a second.
def _unpriced(args: argparse.Namespace) -> int:
    from infra.local.commands.prices_told import tell_unpriced
    from infra.local.prices import unpriced

    lake = _lake(args)
    found = unpriced(lake, _book(lake), *_range(args))
    tell_unpriced(found, as_json=args.json)
    return 1 if found else 0


def _diff(args: argparse.Namespace) -> int:
    from infra.local.commands.prices_told import tell_comparison
    from sql.prices.compare import compare
    from sql.prices.file import PriceError
    from sql.prices.litellm import fetch_table, installed_table, read_table

    path = args.file or (None if args.url else installed_table())
    if path is None and args.url is None:
        raise LakeError("litellm is not installed here; name its table with --file FILE or --url URL.")
    at = datetime(args.at.year, args.at.month, args.at.day, tzinfo=UTC) if args.at else datetime.now(UTC)
    folder = lake_path(args.lake)
    try:
        document = path.read_bytes() if path else fetch_table(args.url)
        listed = [one for one in read_table(document, str(path or args.url)) if args.model in one.name]
    except PriceError as error:
        raise LakeError(f"{error}.") from error
    compared = compare(_book_of(folder), listed, at)
    tell_comparison(compared, as_json=args.json)
    return 1 if compared.differences else 0


def _reprice(args: argparse.Namespace) -> int:
    from infra.local.commands.building import told_failures
    from infra.local.commands.prices_told import tell_changes
    from infra.local.prices import preview, reprice
    from infra.local.progress import steps

    lake, (first, last) = _lake(args), _range(args)
    with steps("Pricing anew", quiet=args.json) as step, told_failures():
        if args.dry_run:
            changes = preview(lake, _book(lake), first, last)
        else:
            changes = reprice(lake, first, last, step, lambda: step("waiting for another build of this lake"))
    tell_changes(changes, first, last, is_done=not args.dry_run, as_json=args.json)
    return 0


def _profiles(args: argparse.Namespace) -> int:
    from infra.local.commands.prices_told import tell_profiles
    from infra.local.prices import profiles_said
    from infra.local.profiles import bedrock, keep, look_up

    lake = _lake(args)
    known = dict(_book(lake).profiles)
    said = profiles_said(lake)
    failed: dict[str, str] = {}
    if args.look_up and (asked := [arn for arn in said if arn not in known]):
        found, failed = look_up(asked, bedrock)
        known |= found
        if found:
            keep(lake, known)
    tell_profiles({arn: known.get(arn) for arn in {*said, *known}}, failed, as_json=args.json)
    return 1 if any(arn not in known for arn in said) else 0


def _range(args: argparse.Namespace) -> tuple[date, date]:
    first, last = args.first or date.min, args.last or datetime.now(UTC).date()
    if first > last:
        raise LakeError(f"--from {first} is after --to {last}; name the first day first.")
    return first, last


def _lake(args: argparse.Namespace) -> Lake:
    return open_lake(lake_path(args.lake))


def _book(lake: Lake) -> "PriceBook":
    return _book_of(lake.root)


def _book_of(folder: Path) -> "PriceBook":
    from infra.local.price_files import book_in

    return book_in(folder)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-03-01") from None
