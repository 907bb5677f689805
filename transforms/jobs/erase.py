"""Removes a person from every layer, and says so in a receipt. Safe to interrupt and to repeat.

Who the person is, is noted before anything goes: with the rows that tell which browsers and sessions are the person's,
that could not be found out again. Then table by table: silver tells the hours in which bronze holds the person, bronze
goes, silver goes; then gold, what was decided on consent, and what follows from the days that have changed.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from sql.catalog import models
from sql.records import Model
from transforms.engines.upkeep import Upkeep, Who
from transforms.jobs.bronze import Bronze, StoredObject
from transforms.jobs.changes import Facts, apply_change, moved, outdated, reopened
from transforms.jobs.ledger import JobLedger
from transforms.jobs.pending import sweep_refused
from transforms.jobs.runs import new_run

_ERASING = "erasing"
"""Ledger fact: an erasure that has begun and not ended."""


class Decisions(Protocol):
    """What persons decided."""

    def kept_of(self, pseudonyms: Collection[str]) -> tuple[int, int]:
        """How many decisions of a person are kept, and how many of these are withdrawals in force."""

    def forget(self, pseudonyms: Collection[str]) -> None:
        """Remove what a person decided, but for withdrawals in force."""


@dataclass(frozen=True)
class EraseRequest:
    """What it takes. The caller holds the lake's build lock and has moved what was received into bronze; no run is half
    committed.
    """

    names: frozenset[str]
    """All pseudonyms of the person."""
    received_before: str
    """Time up to which everything received is in bronze, ISO 8601."""
    open_engine: Callable[[], AbstractContextManager[Upkeep]]
    bronze: Bronze
    decisions: Decisions
    ledger: JobLedger
    rebuild: Callable[[], None]
    """Computes and publishes gold for the days that have changed."""
    keep: Callable[["Erasure"], None]
    """Stores the receipt; the same one may come again."""
    on_step: Callable[[str], None] = lambda _: None


@dataclass
class Erasure:
    """What was removed so far."""

    names: list[str]
    links: list[str]
    received_before: str
    """Everything that arrived before is searched."""
    erasure: str = field(default_factory=lambda: uuid.uuid4().hex)
    begun_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    rows: dict[str, int] = field(default_factory=dict)
    """By layer and table, such as ``bronze.quarantine``."""
    decisions: int = 0
    withdrawals_kept: int = 0

    def noted(self, table: str, rows: int) -> Facts:
        """The fact of this erasure once so many more rows of a table are gone."""
        counted = {**self.rows, table: self.rows.get(table, 0) + rows}
        return {_ERASING: json.dumps({**asdict(self), "rows": counted})}


def erase(request: EraseRequest) -> Erasure:
    """Erase a person; finishes first what an earlier erasure has left."""
    begun = _begun(request.ledger)
    if begun is not None:
        done = _finish(request, begun)
        if set(done.names) == request.names:
            return done
    return _finish(request, _begin(request))


def finish_erasure(request: EraseRequest) -> Erasure | None:
    """Finish what was begun, if anything was."""
    begun = _begun(request.ledger)
    return None if begun is None else _finish(request, begun)


def _begun(ledger: JobLedger) -> Erasure | None:
    document = ledger.fact(_ERASING)
    return None if document is None else Erasure(**json.loads(document))


def _begin(request: EraseRequest) -> Erasure:
    request.on_step("looking for the person's browsers and sessions")
    waiting = {
        model.name: [item.path for item in request.bronze.objects(model.name) if not item.is_built]
        for model in _layer(layout.SILVER)
    }
    with request.open_engine() as engine:
        links = engine.links(request.names, waiting)
    decisions, withdrawals = request.decisions.kept_of(request.names)
    erasure = Erasure(sorted(request.names), sorted(links), request.received_before)
    erasure.decisions, erasure.withdrawals_kept = decisions - withdrawals, withdrawals
    request.ledger.set_fact(_ERASING, json.dumps(asdict(erasure)))
    return erasure


def _finish(request: EraseRequest, erasure: Erasure) -> Erasure:
    who = Who(frozenset(erasure.names), frozenset(erasure.links))
    with request.open_engine() as engine:
        sweep_refused(engine.store)
        untraced = _untraced(request.ledger)
        for model in _layer(layout.SILVER):
            request.on_step(model.name)
            _take_out_events(request, engine, model, who, untraced.get(model.name, ()))
        request.on_step(QUARANTINE_TABLE)
        _take_out_of_bronze(request, engine, QUARANTINE_TABLE, request.bronze.objects(QUARANTINE_TABLE), who)
        for model in _layer(layout.GOLD):
            request.on_step(model.full_name)
            change = engine.take_out(model, who, new_run())
            if change.rows:
                facts = {**_noted(request, model.full_name, change.rows), **outdated(request.ledger, model.full_name)}
                apply_change(engine, request.ledger, change, (), facts)
    erasure = _begun(request.ledger) or erasure
    request.decisions.forget(erasure.names)
    request.on_step("computing what follows")
    request.rebuild()
    request.keep(erasure)
    request.ledger.set_fact(_ERASING, None)
    return erasure


def _take_out_events(request: EraseRequest, engine: Upkeep, model: Model, who: Who, untraced: Collection[str]) -> None:
    change = engine.take_out(model, who, new_run())
    hours = {hour for hour, _, _ in change.arrived}.union(untraced)
    objects = [o for o in request.bronze.objects(model.name) if not hours.isdisjoint(o.hours) or not o.is_built]
    _take_out_of_bronze(request, engine, model.name, objects, who)
    if change.rows:
        facts = {
            **_noted(request, model.full_name, change.rows),
            **reopened(request.ledger, {model.name: change.days}),
        }
        apply_change(engine, request.ledger, change, moved(change, model.name, "erased"), facts)


def _take_out_of_bronze(
    request: EraseRequest, engine: Upkeep, table: str, objects: Sequence[StoredObject], who: Who
) -> None:
    by_path = {item.path: item for item in objects}
    for path, found in engine.rows_of(table, list(by_path), who).items():
        is_waiting = table != QUARANTINE_TABLE and not by_path[path].is_built
        bookings = [(hour, table, door, "erased", rows) for hour, door, rows in found.arrived] if is_waiting else []
        request.bronze.take_out(path, found, bookings, _noted(request, f"{layout.BRONZE}.{table}", len(found.rows)))


def _untraced(ledger: JobLedger) -> dict[str, set[str]]:
    """By type of event the hours of which silver does not have every row, and so can't tell whether bronze holds the
    person in them.
    """
    booked, _ = ledger.bookings_and_waiting()
    balance: Counter[tuple[str, str]] = Counter()
    for hour, event_type, _, kind, events in booked:
        if kind in ("bronze", "silver"):
            balance[event_type, hour] += events if kind == "bronze" else -events
    untraced: dict[str, set[str]] = {}
    for (event_type, hour), missing in balance.items():
        if missing:
            untraced.setdefault(event_type, set()).add(hour)
    return untraced


def _noted(request: EraseRequest, table: str, rows: int) -> Facts:
    erasure = _begun(request.ledger)
    return erasure.noted(table, rows) if erasure else {}


def _layer(layer: str) -> list[Model]:
    return [model for model in models().values() if model.layer == layer]


def receipt(erasure: Erasure, told: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an erasure: counts, and nothing that says who it was."""
    return {
        "erasure": erasure.erasure,
        "begun_at": erasure.begun_at,
        "received_before": erasure.received_before,
        "rows": dict(sorted(erasure.rows.items())),
        "consent": {"decisions_removed": erasure.decisions, "withdrawals_kept": erasure.withdrawals_kept},
        **told,
    }
