"""What ``promptlake quarantine`` prints, as text or JSON."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from infra.local.commands.tables import console
from infra.local.quarantine import Entry, Group, row_id
from ingest.contracts.instants import from_us
from ingest.delivery.quarantine import NEVER, Replayed, why_never

_SHOWN_ROWS = 200
_REASONS_SHOWN = 20


def tell_groups(groups: list[Group], *, as_json: bool) -> None:
    """Counts by time and kind."""
    if as_json:
        _dump([group._asdict() for group in groups])
    elif groups:
        _show(groups)
    else:
        _print("Nothing of that is in quarantine.")


def _show(groups: list[Group]) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("when", "event type", "stage", "code", "refused", "replayed", "newest"):
        is_count = name in ("refused", "replayed")
        table.add_column(name, justify="right" if is_count else "left", overflow="fold", no_wrap=is_count)
    for group in groups[:_SHOWN_ROWS]:
        counts = (f"{group.refused:,}", f"{group.replayed:,}")
        words = (group.period, group.event_type, group.stage, group.code, *counts, group.newest_message)
        table.add_row(*map(Text, words))
    out.print(table)
    if len(groups) > _SHOWN_ROWS:
        out.print(f"… and {len(groups) - _SHOWN_ROWS:,} more rows; --json gives all.")


def tell_each(entries: Iterator[Entry], *, as_json: bool) -> None:
    """Every event by itself, without its payload."""
    if as_json:
        _dump([_document(entry) for entry in entries])
        return
    for entry in islice(entries, _SHOWN_ROWS):
        mark = f" (replayed {entry.replayed_at})" if entry.replayed_at else ""
        _print(f"{_id(entry)} {entry.refused.code}: {entry.refused.message}{mark}")
    if next(entries, None) is not None:
        _print("… and more; --json gives all, --type, --code and --since give fewer.")


def tell_one(entry: Entry, *, as_json: bool) -> None:
    """One event with its payload."""
    document, never = _document(entry), why_never(entry.refused)
    if as_json:
        _dump({**document, "never": never, "payload": entry.refused.payload})
        return
    width = max(map(len, document))
    for name, value in document.items():
        _print(f"{name:{width}}  {'' if value is None else value}")
    if entry.replayed_at is None:
        _print(f"It can never be replayed. {NEVER[never]}" if never else "It can be replayed.")
    _print(f"payload:\n{_readable(entry.refused.payload)}")


def tell_replay(done: Replayed, *, as_json: bool) -> None:
    """What became of a replay."""
    if as_json:
        reasons = [{"id": row_id(path, row), "message": message} for path, row, message in done.reasons]
        _dump(
            {
                "stored": done.stored,
                "dropped": done.dropped,
                "refused_again": done.refused,
                "already_replayed": done.already,
                "never": done.never,
                "reasons": reasons,
            }
        )
        return
    types = ", ".join(f"{count:,} {event_type}" for event_type, count in sorted(done.stored.items()))
    _print(f"Stored: {done.stored.total():,}{types and f' ({types})'}")
    for said, count in (
        ("Dropped for want of consent", done.dropped.total()),
        ("Replayed before, and left alone", done.already),
        ("Refused again", done.refused.total()),
    ):
        if count:
            _print(f"{said}: {count:,}")
    for path, row, message in done.reasons[:_REASONS_SHOWN]:
        _print(f"  {row_id(path, row)} {message}")
    for kind, count in sorted(done.never.items()):
        _print(f"Can never be replayed, {kind}: {count:,}. {NEVER[kind]}")
    if done.stored:
        _print("Next: promptlake build")


def _document(entry: Entry) -> dict[str, Any]:
    refused = entry.refused
    received_at = from_us(refused.received_at_us)
    return {
        "id": _id(entry),
        "received_at": received_at.isoformat(timespec="milliseconds"),
        "door": refused.door,
        "event_type": refused.event_type,
        "event_id": refused.event_id,
        "stage": refused.stage,
        "code": refused.code,
        "message": refused.message,
        "replayed_at": entry.replayed_at,
    }


def _id(entry: Entry) -> str:
    return row_id(entry.refused.path, entry.refused.row)


def _readable(payload: str) -> str:
    try:
        return orjson.dumps(orjson.loads(payload), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):  # no JSON, or too deep to be written
        # Whoever was refused may have written what a terminal would obey.
        return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in payload)


def _dump(document: object) -> None:
    _print(orjson.dumps(document).decode())


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
