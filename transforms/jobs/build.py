"""The main job: bronze, silver, gold, gate, publish. Safe to repeat, to interrupt and to run twice at once."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime

from ingest.contracts.instants import from_us
from sql.catalog import models
from sql.check import check_catalog
from sql.funnels.model import following_days
from sql.prices.daily import Pricing
from sql.publication import Publication
from sql.records import Model
from transforms.engines.protocol import KEPT_FOR, Candidate, Engine, Staged
from transforms.jobs.build_request import BuildRequest
from transforms.jobs.build_result import BuildResult
from transforms.jobs.changes import DIRTY, STALE
from transforms.jobs.closed import first_whole_days
from transforms.jobs.gold import definitions, needed, plan, whole
from transforms.jobs.ledger import Booking
from transforms.jobs.looking_back import LookingBack, is_large, looking_back, note, overdue
from transforms.jobs.pending import finish_pending, note_pending
from transforms.jobs.publish import point_at, publish, published
from transforms.jobs.runs import new_run
from transforms.quality.gate import Gate
from transforms.quality.records import record
from transforms.quality.result import Result

DEFINITIONS = "definitions"
"""Ledger fact: a fingerprint of the models that gold was computed with."""
REPRICED = "repriced_days"
"""Ledger fact: ranges of days that are to be priced anew, until that is done."""
TIDIED = "tidied_at_s"
"""Ledger fact: when unreferenced files were last removed."""
DECISION = "built_decision"
"""Ledger fact: the newest decision on consent that gold follows."""
PUBLISHED = "published_booking"
"""Ledger fact: the last booking that the published reconciliation holds."""


class GateFailed(Exception):
    """Rules of severity ``fail`` were broken; nothing was committed. The message names table, rule and rows."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(" ".join(result.sentence for result in results) + " Nothing was published.")
        self.results = results


def build(request: BuildRequest) -> BuildResult:
    """Bring silver, gold and the publication up to what was received.

    Raises:
        CatalogError: a model, view or metric is not what it must be; nothing was read or written.
        GateFailed: readers keep the last good state.
    """
    if request.ledger.fact(DEFINITIONS) != definitions(request.funnels):
        check_catalog()  # most of a second, so not each time
    gate = Gate()
    request.on_step("draining the spool")
    complete_us = request.drain()
    with request.open_engine() as engine:
        return _Run(request, gate, engine).build(complete_us)


class _Run:
    def __init__(self, request: BuildRequest, gate: Gate, engine: Engine) -> None:
        self.request, self.gate, self.engine = request, gate, engine
        self.ledger = request.ledger
        # Time-ordered, so that publications sort by age.
        self.definitions = definitions(request.funnels)
        self.id = new_run()

    def build(self, complete_us: int) -> BuildResult:
        finish_pending(self.engine, self.ledger)
        as_of, through = _iso(datetime.now(UTC)), _iso(from_us(complete_us))
        self._note_repriced()
        before = published(self.engine.store)
        names = _silver_names() if self.request.takes_new else []
        new = {name: objects for name in names if (objects := self.ledger.new_objects(name))}
        if not self.request.takes_new and before is not None:
            through = before.complete_through
        stale = set(json.loads(self.ledger.fact(STALE) or "[]"))
        dirty = self._dirty()
        decision = self._reopen_decided(dirty)
        # What was done to what is there already, such as an erasure, is in all of gold with the next build.
        is_only_more = not dirty and not stale
        is_whole = before is not None and all(map(self.engine.store.exists, before.paths))
        # The first build of a day is the first that is complete into it: what came late in the evening is in it.
        today = through[: len("2026-03-01")]
        if (
            not new
            and not dirty
            and not stale
            and before
            and is_whole
            and not overdue(self.ledger, today)
            and self.ledger.fact(PUBLISHED) == str(self.ledger.last_booking())
        ):
            publication = Publication(before.publication, as_of, max(through, before.complete_through), before.tables)
            point_at(self.engine.store, publication)
            self.ledger.set_fact(DECISION, str(decision))
            return BuildResult.of(publication, [], [], [])
        self.gate.warm_up()
        with ExitStack() as unless_passed:
            unless_passed.callback(self.engine.discard, self.id)
            staged = self._stage(new)
            for item in staged:
                dirty[item.table].update(item.days)
            last_booking, bookings = self._bookings(staged)
            may_wait = is_only_more and is_whole and is_large(bookings)
            looked = looking_back(self.ledger, today, may_wait=may_wait)
            candidates = self._candidates(staged, dirty, bookings, looked)
            self._pass_gate(staged, candidates)
            unless_passed.pop_all()
        self._commit_silver(staged, dirty)
        self._commit_gold(candidates)
        changed = {candidate.model.full_name: candidate.days for candidate in candidates}
        self.request.on_step("publishing")
        anew = {**changed, **dict.fromkeys(stale)}
        publication = publish(self.engine, anew, self.id, as_of, through, looked.wait)
        note(self.ledger, today, looked)
        self.ledger.set_fact(REPRICED, None)
        self.ledger.set_fact(DIRTY, None)
        self.ledger.set_fact(STALE, None)
        self.ledger.set_fact(DECISION, str(decision))
        self._tidy_if_due()
        self.ledger.set_fact(DEFINITIONS, self.definitions)
        self.ledger.set_fact(PUBLISHED, str(last_booking + sum(len(item.bookings) for item in staged)))
        return BuildResult.of(publication, staged, list(changed), self.gate.warnings)

    def _stage(self, new: Mapping[str, list[str]]) -> list[Staged]:
        staged = []
        for name, objects in new.items():
            self.request.on_step(f"silver.{name}")
            staged.append(self.engine.stage(models()[f"silver.{name}"], objects, self.id))
        return staged

    def _bookings(self, staged: list[Staged]) -> tuple[int, list[Booking]]:
        """All bookings as they will be once this run is committed, with what still waits in bronze."""
        last = self.ledger.last_booking()
        booked, waiting = self.ledger.bookings_and_waiting()
        taken = {path for item in staged for path in item.objects}
        left = [(hour, kind, door, "waiting", rows) for hour, kind, door, path, rows in waiting if path not in taken]
        return last, [*booked, *(b for item in staged for b in item.bookings), *left]

    def _candidates(
        self, staged: list[Staged], dirty: Mapping[str, set[date]], bookings: list[Booking], looked: LookingBack
    ) -> list[Candidate]:
        following = following_days(self.request.funnels)
        planned = plan(dirty, first_whole_days(self.ledger), following)
        pricing = Pricing(self.request.book, datetime.now(UTC).date(), self._repriced())
        self.engine.read_funnels(self.request.funnels)
        withdrawn = self.request.consents.withdrawn("analytics")
        self.engine.read_silver(needed(planned, following), staged, withdrawn, pricing)
        self.engine.read_bookings(bookings)
        found = {model.full_name: self._compute(model, days) for model, days in planned}
        for model, read in whole(found, looked.wait, looked.due):
            for source in read:
                self.engine.read_gold(source, found.get(source.full_name))
            found[model.full_name] = self._compute(model, None)
        return list(found.values())

    def _compute(self, model: Model, days: tuple[date, ...] | None) -> Candidate:
        self.request.on_step(model.full_name)
        return self.engine.compute(model, days, self.id)

    def _pass_gate(self, staged: list[Staged], candidates: list[Candidate]) -> None:
        self.request.on_step("gate")
        for item in staged:
            if item.written:
                self.gate.take(models()[f"silver.{item.table}"], self.engine.rows(item))
        for candidate in candidates:
            after = self.engine.rows_after(candidate) if candidate.model.is_small else None
            self.gate.take(candidate.model, self.engine.rows(candidate), after)
        record(self.engine.store, self.id, datetime.now(UTC), self.gate.judge())
        if self.gate.failures:
            raise GateFailed(self.gate.failures)

    def _commit_silver(self, staged: list[Staged], dirty: Mapping[str, set[date]]) -> None:
        self.request.on_step("committing")
        note_pending(self.ledger, self.id, staged, dirty)
        finish_pending(self.engine, self.ledger)

    def _commit_gold(self, candidates: list[Candidate]) -> None:
        for candidate in candidates:
            self.engine.commit_gold(candidate, self.id)

    def _tidy_if_due(self) -> None:
        now_s, last = time.time(), self.ledger.fact(TIDIED)
        if last is not None and now_s - float(last) <= KEPT_FOR.total_seconds():
            return
        if last is not None:  # a new lake has nothing old
            self.request.on_step("tidying")
            self.engine.tidy()
        self.ledger.set_fact(TIDIED, str(now_s))

    def _reopen_decided(self, dirty: dict[str, set[date]]) -> int:
        """Add the days on which anyone is named who has decided on analytics since; returns the newest decision."""
        seen = int(self.ledger.fact(DECISION) or "0")
        newest, persons = self.request.consents.changed_since(seen, "analytics")
        for table, days in self.engine.days_naming(persons).items():
            if days:
                dirty[table] |= days
        return newest

    def _note_repriced(self) -> None:
        """Remember what is asked for until it is done: a build that is cut off leaves it to the next one."""
        if self.request.reprice is not None:
            ranges = sorted({*self._repriced(), self.request.reprice})
            self.ledger.set_fact(REPRICED, json.dumps(ranges, default=date.isoformat))

    def _repriced(self) -> tuple[tuple[date, date], ...]:
        stored: list[list[str]] = json.loads(self.ledger.fact(REPRICED) or "[]")
        return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in stored)

    def _dirty(self) -> dict[str, set[date]]:
        """Silver days whose gold is not what it should be: all of them where models have changed."""
        if self.ledger.fact(DEFINITIONS) not in (None, self.definitions):
            silver = [models()[f"silver.{name}"] for name in _silver_names()]
            return defaultdict(set, {model.name: self.engine.days(model) for model in silver})
        stored: dict[str, list[str]] = json.loads(self.ledger.fact(DIRTY) or "{}")
        dirty = defaultdict(set, {table: set(map(date.fromisoformat, days)) for table, days in stored.items()})
        if ranges := self._repriced():
            calls = self.engine.days(models()["silver.prompt_execution"])
            dirty["prompt_execution"] |= {day for day in calls if any(a <= day <= b for a, b in ranges)}
        return dirty


def _silver_names() -> list[str]:
    return [model.name for model in models().values() if model.layer == "silver"]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
