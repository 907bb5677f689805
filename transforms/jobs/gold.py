"""Silver to gold: only the days that new rows can have changed are computed anew."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256

from sql.catalog import metrics, models, views, wide_views
from sql.dialects import table_names
from sql.funnels.model import Funnel
from sql.records import Model, ReadsDays

Days = Mapping[str, Collection[date]]
"""Days by silver table."""


@cache
def base_tables(full_name: str) -> frozenset[str]:
    """The silver tables that a table or view is computed from, directly or not."""
    read = _read_by(full_name)
    return frozenset().union(*map(base_tables, read)) if read is not None else frozenset({full_name})


@cache
def reach(full_name: str) -> ReadsDays:
    """How far around its day a table or view looks into silver, itself or through what it reads."""
    said = wide_views().get(full_name) or models().get(full_name)
    own = said.reads_days if said else ReadsDays()
    below = [reach(name) for name in _read_by(full_name) or ()]
    return ReadsDays(
        before=own.before + max((r.before for r in below), default=0),
        after=own.after + max((r.after for r in below), default=0),
    )


@cache
def scanned(full_name: str) -> frozenset[str]:
    """The silver tables and wide views of which a gold table or view reads the rows itself."""
    read = _read_by(full_name)
    if read is None or full_name in wide_views():
        return frozenset({full_name})
    return frozenset().union(*(scanned(name) for name in read if not name.startswith("gold.")))


def _read_by(full_name: str) -> frozenset[str] | None:
    """The stored tables and views that a query reads; None where there is no query."""
    query = views().get(full_name) or (models()[full_name].query if full_name.startswith("gold.") else None)
    return None if query is None else frozenset(name for name in table_names(query) if name.split(".")[0] in _STORED)


_STORED = frozenset({"silver", "gold"})


def definitions(funnels: Sequence[Funnel]) -> str:
    """A fingerprint of what gold follows from besides its rows and prices, which are dated by themselves."""
    gold = [(m.full_name, m.query, sorted(m.columns), m.reads_days) for m in models().values() if m.layer == "gold"]
    thresholds = [(m.name, m.good, m.poor) for m in metrics().values()]
    shared = sorted(views().items()), sorted(wide_views().items())
    return sha256(repr((gold, shared, thresholds, *funnels)).encode()).hexdigest()


def in_order() -> tuple[Model, ...]:
    """The gold models, each after those it reads."""
    gold = {name: model for name, model in models().items() if model.layer == "gold"}
    graph = {name: {t for t in table_names(model.query) if t in gold} for name, model in gold.items()}
    return tuple(gold[name] for name in TopologicalSorter(graph).static_order())


def affected_days(model: Model, dirty: Days) -> tuple[date, ...]:
    """The gold days that rows on the ``dirty`` silver days can have changed."""
    looks = reach(model.full_name)
    touched = {day for table in base_tables(model.full_name) for day in dirty.get(table.partition(".")[2], ())}
    return tuple(sorted({day + timedelta(k) for day in touched for k in range(-looks.after, looks.before + 1)}))


def window(days: Iterable[date], looks: ReadsDays) -> set[date]:
    """The days that what looks so far around ``days`` is computed from."""
    return {day + timedelta(k) for day in days for k in range(-looks.before, looks.after + 1)}


def plan(dirty: Days, first_whole: Mapping[str, date]) -> list[tuple[Model, tuple[date, ...]]]:
    """The daily gold tables that ``dirty`` touches, with the days to compute, in the order of their dependencies.

    Days of which silver has expired are left as they are; ``first_whole`` are the first that have not, by silver table.
    """
    daily = [model for model in in_order() if model.is_daily]
    return [(model, days) for model in daily if (days := open_days(model, affected_days(model, dirty), first_whole))]


def open_days(model: Model, days: Iterable[date], first_whole: Mapping[str, date]) -> tuple[date, ...]:
    """Those of some gold days that can still be computed from whole silver days."""
    firsts = [first_whole[table] for table in base_tables(model.full_name) if table in first_whole]
    before = reach(model.full_name).before
    return tuple(day for day in days if all(day - timedelta(before) >= first for first in firsts))


def whole(changed: Collection[str]) -> list[tuple[Model, tuple[Model, ...]]]:
    """The tables that are not by day and read one of the ``changed`` gold tables, with all gold tables that they read.

    A table that reads no gold table is computed each time: what it reads only grows, and is small.
    """
    found: list[tuple[Model, tuple[Model, ...]]] = []
    grown = set(changed)
    for model in in_order():
        read = tuple(models()[name] for name in sorted(table_names(model.query)) if name.startswith("gold."))
        if not model.is_daily and (not read or grown & {source.full_name for source in read}):
            found.append((model, read))
            grown.add(model.full_name)
    return found


def needed(planned: Sequence[tuple[Model, Iterable[date]]]) -> dict[str, set[date]]:
    """The silver days that a plan is computed from, by full table name."""
    found: dict[str, set[date]] = {}
    for model, days in planned:
        for table in base_tables(model.full_name):
            found.setdefault(table, set()).update(window(days, reach(model.full_name)))
    return found
