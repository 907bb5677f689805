"""Keeps a lake small and quick: removes what is kept no longer, puts small files together, clears what was replaced.

Each step is done whole or not at all, and one that was done has nothing left to do: a run that was cut off is finished
by the next.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingest.contracts import layout
from ingest.contracts.derive import QUARANTINE_TABLE
from ingest.contracts.registry import EVENTS
from sql.catalog import models
from sql.operations import GATE_RESULTS
from sql.records import Model
from transforms.engines.upkeep import Upkeep
from transforms.jobs.bronze import Bronze, StoredObject
from transforms.jobs.changes import STALE, apply_change, moved, outdated
from transforms.jobs.closed import closed_before
from transforms.jobs.ledger import JobLedger
from transforms.jobs.pending import sweep_refused
from transforms.jobs.publish import sweep_superseded
from transforms.jobs.retention import Retention
from transforms.jobs.runs import new_run, run_name
from transforms.quality.records import expire

_SMALL_BYTES = 32 << 20
_SMALL_OBJECTS = 3
"""So few small objects of one hour and door are left alone."""


@dataclass(frozen=True)
class MaintainRequest:
    """What it takes. The caller holds the lake's build lock; no run is half committed."""

    open_engine: Callable[[], AbstractContextManager[Upkeep]]
    bronze: Bronze
    ledger: JobLedger
    retention: Retention
    republish: Callable[[], None]
    """Publishes gold tables that have changed."""
    now: datetime
    merge: Callable[[str, Sequence[str]], None] | None = None
    """Puts objects of one table of bronze, hour and door together; None where its readers would see their rows twice
    meanwhile.
    """
    on_step: Callable[[str], None] = lambda _: None


@dataclass
class Maintained:
    """What was done, by layer and table such as ``silver.feedback``."""

    expired: Counter[str] = field(default_factory=Counter)
    """Rows that are kept no longer."""
    merged: Counter[str] = field(default_factory=Counter)
    """Small files that were put together."""
    removed: int = 0
    """Files that nothing refers to any more."""

    def to_dict(self) -> dict[str, Any]:
        """What is told of it as JSON."""
        return {"expired": dict(self.expired), "merged": dict(self.merged), "removed": self.removed}


def maintain(request: MaintainRequest) -> Maintained:
    """Do all that is due."""
    done = Maintained()
    with request.open_engine() as engine:
        for model in models().values():
            _expire(request, engine, model, done)
        _expire_results(request, engine, done)
        for table in (*EVENTS, QUARANTINE_TABLE):
            _expire_bronze(request, table, done)
            if request.merge is not None:
                _merge_bronze(request, request.merge, table, done)
        for model in models().values():
            request.on_step(f"putting files of {model.full_name} together")
            for change in engine.merges(model):
                apply_change(engine, request.ledger, change)
                done.merged[model.full_name] += len(change.gone)
    if request.ledger.fact(STALE) is not None:
        request.on_step("publishing")
        request.republish()
    request.on_step("removing what nothing refers to")
    with request.open_engine() as engine:
        done.removed += engine.remove_old(request.retention.snapshots) + sweep_refused(engine.store)
        done.removed += sweep_superseded(engine.store, run_name(datetime.now(UTC) - request.retention.snapshots))
    done.removed += request.bronze.sweep(request.retention.snapshots.total_seconds())
    return done


def _expire(request: MaintainRequest, engine: Upkeep, model: Model, done: Maintained) -> None:
    first_kept = request.retention.first_kept(model.layer, model.name, request.now.astimezone(UTC).date())
    if first_kept is None or not model.expires or (model.layer == layout.GOLD and not model.is_daily):
        return
    request.on_step(f"{model.full_name} before {first_kept}")
    change = engine.expire(model, first_kept, new_run())
    if not change.rows:
        return
    if model.layer == layout.SILVER:
        bookings = moved(change, model.name, "expired")
        facts = closed_before(request.ledger, model.full_name, first_kept)
    else:
        bookings, facts = [], outdated(request.ledger, model.full_name)
    apply_change(engine, request.ledger, change, bookings, facts)
    done.expired[model.full_name] += change.rows


def _expire_results(request: MaintainRequest, engine: Upkeep, done: Maintained) -> None:
    layer, _, name = GATE_RESULTS.partition(".")
    first_kept = request.retention.first_kept(layer, name, request.now.astimezone(UTC).date())
    if first_kept is not None and (rows := expire(engine.store, first_kept)):
        done.expired[GATE_RESULTS] = rows


def _expire_bronze(request: MaintainRequest, table: str, done: Maintained) -> None:
    first_kept = request.retention.first_kept(layout.BRONZE, table, request.now.astimezone(UTC).date())
    old = [
        item
        for item in request.bronze.objects(table)
        if _is_done_with(table, item)
        and (item.rows == 0 or (first_kept is not None and item.hours[-1] < first_kept.isoformat()))
    ]
    if old:
        request.on_step(f"{layout.BRONZE}.{table}, old objects")
        facts = closed_before(request.ledger, f"{layout.BRONZE}.{table}", first_kept) if first_kept else {}
        request.bronze.remove([item.path for item in old], facts)
        if rows := sum(item.rows for item in old):
            done.expired[f"{layout.BRONZE}.{table}"] = rows


def _merge_bronze(
    request: MaintainRequest, merge: Callable[[str, Sequence[str]], None], table: str, done: Maintained
) -> None:
    this_hour = request.now.astimezone(UTC).strftime(layout.HOUR_FORMAT)
    groups: dict[tuple[str, str], list[StoredObject]] = defaultdict(list)
    for item in request.bronze.objects(table):
        if item.hours[-1] < this_hour and item.size_bytes < _SMALL_BYTES and _is_done_with(table, item):
            groups[item.hours[-1], item.door].append(item)
    for (hour, _), items in sorted(groups.items()):
        for parts in _portions(items):
            request.on_step(f"putting objects of {layout.BRONZE}.{table} together, {hour}")
            merge(table, [part.path for part in parts])
            done.merged[f"{layout.BRONZE}.{table}"] += len(parts)


def _portions(items: list[StoredObject]) -> list[list[StoredObject]]:
    """Objects that are worth being put together, none of which becomes too large to be held in memory."""
    portions: list[list[StoredObject]] = [[]]
    for item in items:
        if sum(part.size_bytes for part in portions[-1]) + item.size_bytes > _SMALL_BYTES:
            portions.append([])
        portions[-1].append(item)
    return [portion for portion in portions if len(portion) > _SMALL_OBJECTS]


def _is_done_with(table: str, item: StoredObject) -> bool:
    """Whether no build waits for it."""
    return table == QUARANTINE_TABLE or item.is_built
