"""A build's silver, noted before it is committed: whatever dies on the way, the next job finishes it."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from ingest.contracts import layout
from sql.catalog import models
from transforms.engines.protocol import Engine, Staged
from transforms.engines.store import Store
from transforms.jobs.changes import DIRTY, finish_change
from transforms.jobs.ledger import Booking, JobLedger

PENDING = "pending_run"
"""Ledger fact: a silver run that passed the gate and may be half committed."""


def note_pending(ledger: JobLedger, run: str, staged: Iterable[Staged], dirty: Mapping[str, Collection[date]]) -> None:
    """Remember what passed the gate, and the silver days whose gold follows from it."""
    pending = {
        "run": run,
        "tables": {item.table: [item.written, item.objects, item.conflicts, item.bookings] for item in staged},
        "dirty": {table: sorted(day.isoformat() for day in days) for table, days in dirty.items()},
    }
    ledger.set_fact(PENDING, json.dumps(pending))


def finish_pending(engine: Engine, ledger: JobLedger) -> None:
    """Commit what passed the gate, of this run or of one that was cut off in the middle of it; and any other change."""
    finish_change(engine, ledger)
    document = ledger.fact(PENDING)
    if document is None:
        return
    pending = json.loads(document)
    objects: list[str] = []
    bookings: list[Booking] = []
    for name, (written, taken, conflicts, booked) in pending["tables"].items():
        engine.commit_silver(models()[f"silver.{name}"], written, conflicts, pending["run"])
        objects += taken
        bookings += map(tuple, booked)
    facts = {DIRTY: json.dumps(pending["dirty"]), PENDING: None}
    ledger.commit_silver(pending["run"], objects, bookings, facts)


def sweep_refused(store: Store) -> int:
    """Remove what builds that were cut off have refused and never committed, which the next one has refused again;
    returns how many objects went. The caller holds the build lock, and nothing is pending.
    """
    refused = [path for path in store.below(layout.STAGING) if layout.is_refused(path)]
    for path in refused:
        store.remove(path)
    return len(refused)
