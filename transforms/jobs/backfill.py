"""Silver of some days read from bronze once more. Gold of these days is computed by the build that follows.

Idempotent, and safe to interrupt: some days at a time are done whole or not at all.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from sql.catalog import models
from sql.records import Model
from transforms.engines.protocol import Candidate, Engine, Staged
from transforms.engines.upkeep import Change, Rereading, Upkeep
from transforms.jobs.bronze import Bronze
from transforms.jobs.build import GateFailed
from transforms.jobs.changes import apply_change, apply_facts, reopened
from transforms.jobs.closed import first_whole_days
from transforms.jobs.ledger import JobLedger
from transforms.jobs.runs import new_run
from transforms.quality.gate import Gate
from transforms.quality.records import record
from transforms.quality.rows import Rows

_AT_ONCE = 10
"""Days that one commit replaces."""


class RereadingEngine(Engine, Upkeep, Rereading, Protocol):
    """Both stages rows for the gate, and changes files."""

    def rows(self, item: Staged | Candidate | Change) -> Rows: ...


@dataclass(frozen=True)
class BackfillRequest:
    """What it takes. The caller holds the lake's build lock; no run is half committed."""

    first: date
    last: date
    open_engine: Callable[[], AbstractContextManager[RereadingEngine]]
    bronze: Bronze
    ledger: JobLedger
    on_step: Callable[[str], None] = lambda _: None


@dataclass
class Backfilled:
    """What was read anew."""

    days: dict[str, int] = field(default_factory=dict)
    """By silver table."""
    left: list[str] = field(default_factory=list)
    """A sentence for each table of which days had to be left as they are."""

    def to_dict(self) -> dict[str, Any]:
        """What is told of it as JSON."""
        return {"days_read_again": self.days, "left": self.left}


def backfill(request: BackfillRequest) -> Backfilled:
    """Read silver from bronze for some days, and note that gold is to follow.

    Raises:
        GateFailed: what bronze gives now breaks a rule of severity ``fail``; those days stay as they are.
    """
    done, gate, run = Backfilled(), Gate(), new_run()
    with request.open_engine() as engine:
        try:
            for model in models().values():
                if model.layer == layout.SILVER:
                    for days in _chunks(_days(request, engine, model)):
                        _reread(request, engine, model, days, done, gate)
        finally:
            record(engine.store, run, datetime.now(UTC), gate.results)
    return done


def _days(request: BackfillRequest, engine: RereadingEngine, model: Model) -> list[date]:
    first = max(request.first, first_whole_days(request.ledger).get(model.full_name, request.first))
    return sorted(day for day in engine.days(model) if first <= day <= request.last)


def _reread(
    request: BackfillRequest, engine: RereadingEngine, model: Model, days: Sequence[date], done: Backfilled, gate: Gate
) -> None:
    request.on_step(f"{model.full_name} from {days[0]}")
    stored = [item for item in request.bronze.objects(model.name) if item.is_built]
    hours = engine.arrival_hours(model, days)
    if hours is not None:
        objects = [item.path for item in stored if not hours.isdisjoint(item.hours)]
        change = engine.reread(model, days, objects, None, new_run())
        lost = engine.missing(model, change)
    elif f"{layout.BRONZE}.{model.name}" not in first_whole_days(request.ledger):
        refused = [item.path for item in request.bronze.objects(QUARANTINE_TABLE)]
        change, lost = engine.reread(model, days, [item.path for item in stored], refused, new_run()), 0
    else:
        done.left.append(
            f"{model.full_name}: files of {days[0]} to {days[-1]} can't be read, and bronze was not kept to make them "
            "anew; restore the lake from a backup."
        )
        return
    if lost:
        engine.discard(change.run)
        if len(days) > 1:  # bronze may still have the others whole
            for day in days:
                _reread(request, engine, model, [day], done, gate)
            return
        done.left.append(
            f"{model.full_name}: bronze does not hold {lost:,} events of {days[0]} any more, so this day is left as it "
            "is, and only its gold is computed anew."
        )
        apply_facts(request.ledger, reopened(request.ledger, {model.name: days}))
        return
    _pass_gate(engine, model, change, gate)
    apply_change(engine, request.ledger, change, (), reopened(request.ledger, {model.name: days}))
    done.days[model.name] = done.days.get(model.name, 0) + len(days)


def _pass_gate(engine: RereadingEngine, model: Model, change: Change, gate: Gate) -> None:
    if not change.written:
        return
    gate.take(model, engine.rows(change))
    gate.judge()
    if gate.failures:
        engine.discard(change.run)
        raise GateFailed(gate.failures)


def _chunks(days: Sequence[date]) -> Iterator[Sequence[date]]:
    for first in range(0, len(days), _AT_ONCE):
        yield days[first : first + _AT_ONCE]
