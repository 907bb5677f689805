"""Small lakes for tests: events go in through the real delivery, builds run for real."""

import itertools
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.build import build_lake
from infra.local.delivering import open_transform
from infra.local.keyring import open_keys
from infra.local.lake import Lake, open_lake
from infra.local.query import open_session, read_by
from infra.local.reconcile import counts
from ingest.delivery.outcome import Outcome

_numbers = itertools.count()


def make_lake(path: Path) -> Lake:
    return open_lake(path, create=True)


def event(event_type: str = "prompt_execution", **fields: Any) -> dict[str, Any]:
    """A valid event, with what the test cares about."""
    needed: dict[str, dict[str, Any]] = {
        "prompt_execution": {"model": "gpt-4o", "provider": "openai"},
        "evaluation": {"metric": "faithfulness", "score": 0.9},
        "feedback": {"kind": "thumb", "thumb": "up"},
        "web_vital": {"name": "LCP", "value": 1200.0, "metric_id": f"v{next(_numbers)}"},
        "behavior": {"action": "click"},
        "support_ticket": {"ticket_id": "7", "status": "open"},
        "email_event": {"action": "sent", "message_id": f"m{next(_numbers)}"},
        "service_metric": {"kind": "request", "service": "api"},
    }
    envelope = {"event_type": event_type, "event_id": f"e{next(_numbers)}", "occurred_at": "2026-03-02T10:00:00Z"}
    return {**envelope, **needed[event_type], **fields}


def of_ann(day: int = 2) -> list[dict[str, Any]]:
    """What names Ann, a browser and a session that are hers alone, on a day of March."""
    at = f"2026-03-0{day}T10:00:00Z"
    return [
        event(event_id=f"a{day}", user_id="ann", session_id="s-ann", output_tokens=5, occurred_at=at),
        event("behavior", event_id=f"ab{day}", session_id="s-ann", occurred_at=at),
        event("web_vital", event_id=f"aw{day}", anonymous_id="b-ann", occurred_at=at, metric_id="m"),
        event("behavior", event_id=f"al{day}", user_id="ann", anonymous_id="b-ann", occurred_at=at),
        event("email_event", event_id=f"ae{day}", recipient="ann", occurred_at=at, message_id="m"),
    ]


def send(lake: Lake, events: Iterable[Any], door: str = "native") -> Outcome:
    """Deliver one batch into the spool, as a door would, and close the segment."""
    outcome = open_transform(lake)(list(events), datetime.now(UTC))
    writer = lake.spool_writer()
    writer.append(door, outcome)
    writer.roll()
    return outcome


def named(lake: Lake, *ids: str) -> list[str]:
    """Under which pseudonyms the lake keeps persons."""
    keyring = open_keys(lake).keyring
    return [keyring.pseudonym(identity) for identity in ids]


def rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    db = open_session(lake, reads=read_by(query))
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def tables(lake: Lake, names: Collection[str]) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of some tables, in an order of their own."""
    db = open_session(lake, reads=names)
    try:
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}
    finally:
        db.close()


def row(lake: Lake, query: str) -> tuple[Any, ...]:
    (only,) = rows(lake, query)
    return only


def assert_reconciles(lake: Lake) -> dict[str, int]:
    """Every count adds up; returns the totals over all types and doors."""
    ledger = lake.ledger()
    try:
        found = counts(ledger)
    finally:
        ledger.close()
    assert [row for row in found if not row.is_whole] == []
    names = ("received", "bronze", "quarantined", "dropped", "silver", "duplicates", "conflicts", "waiting")
    return {name: sum(getattr(row, name) for row in found) for name in names}


__all__ = ["assert_reconciles", "build_lake", "event", "make_lake", "named", "of_ann", "row", "rows", "send", "tables"]
