"""Days of which a layer was not kept. What was computed from them can't be computed anew, and stays as it is."""

import json
from collections.abc import Mapping
from datetime import date

from transforms.jobs.changes import Facts
from transforms.jobs.ledger import JobLedger

_CLOSED = "closed_before"
"""Ledger fact: by bronze and silver table, the first day that is whole."""


def first_whole_days(ledger: JobLedger) -> Mapping[str, date]:
    """By full name, the first day of which no row has expired; tables of which none has are left out."""
    return {table: date.fromisoformat(day) for table, day in json.loads(ledger.fact(_CLOSED) or "{}").items()}


def closed_before(ledger: JobLedger, table: str, first_kept: date) -> Facts:
    """The fact that a table has expired up to a day."""
    known = first_whole_days(ledger)
    days = {**known, table: max(first_kept, known.get(table, first_kept))}
    return {_CLOSED: json.dumps({name: day.isoformat() for name, day in days.items()})}
