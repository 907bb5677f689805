"""Silver to gold: only the days that new rows can have changed are computed anew."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256

from sql.catalog import metrics, models, views, wide_views
from sql.dialects import table_names
from sql.funnels.model import MAX_WINDOW_S, Funnel
from sql.records import Model, ReadsDays

Days = Mapping[str, Collection[date]]
"""Days by silver table."""

_FURTHEST = MAX_WINDOW_S // 86_400


@cache
def base_tables(full_name: str) -> frozenset[str]:
    """The silver tables that a table or view is computed from, directly or not."""
    read = _read_by(full_name)
    return frozenset().union(*map(base_tables, read)) if read is not None else frozenset({full_name})


@cache
def reach(full_name: str, following_days: int = _FURTHEST) -> ReadsDays:
    """How far around its day a table or view looks into silver, itself or through what it reads.

    Args:
        following_days: how long funnels last, see :func:`sql.funnels.model.following_days`.
    """
    own = _looks(full_name, following_days)
    below = [reach(name, following_days) for name in _read_by(full_name) or ()]
    return ReadsDays(
        before=own.before + max((r.before for r in below), default=0),
        after=own.after + max((r.after for r in below), default=0),
    )


def _looks(full_name: str, following_days: int) -> ReadsDays:
    """How far around its day the query itself looks into what it reads."""
    view = wide_views().get(full_name)
    if view is None:
        return models()[full_name].reads_days if full_name in models() else ReadsDays()
    looks = view.reads_days
    return ReadsDays(before=looks.before, after=min(looks.after, following_days)) if view.follows_funnels else looks


@cache
def scanned(full_name: str) -> frozenset[str]:
    """The silver tables and wide views of which a gold table or view reads the rows itself."""
    if full_name in wide_views() or _read_by(full_name) is None:
        return frozenset({full_name})
    return below(full_name)


@cache
def below(full_name: str) -> frozenset[str]:
    """What is :func:`scanned` to compute a table or view, be it a wide one."""
    return frozenset().union(*(scanned(name) for name in _read_by(full_name) or () if not name.startswith("gold.")))


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


def affected_days(model: Model, dirty: Days, following_days: int = _FURTHEST) -> tuple[date, ...]:
    """The gold days that rows on the ``dirty`` silver days can have changed."""
    looks = reach(model.full_name, following_days)
    touched = {day for table in base_tables(model.full_name) for day in dirty.get(table.partition(".")[2], ())}
    return tuple(sorted({day + timedelta(k) for day in touched for k in range(-looks.after, looks.before + 1)}))


def window(days: Iterable[date], looks: ReadsDays) -> set[date]:
    """The days that what looks so far around ``days`` is computed from."""
    return {day + timedelta(k) for day in days for k in range(-looks.before, looks.after + 1)}


def plan(
    dirty: Days, first_whole: Mapping[str, date], following_days: int = _FURTHEST
) -> list[tuple[Model, tuple[date, ...]]]:
    """The daily gold tables that ``dirty`` touches, with the days to compute, in the order of their dependencies.

    Days of which silver has expired are left as they are; ``first_whole`` are the first that have not, by silver table.
    """
    daily = [model for model in in_order() if model.is_daily]
    affected = [(model, affected_days(model, dirty, following_days)) for model in daily]
    return [(model, found) for model, days in affected if (found := open_days(model, days, first_whole))]


def open_days(model: Model, days: Iterable[date], first_whole: Mapping[str, date]) -> tuple[date, ...]:
    """Those of some gold days that can still be computed from whole silver days."""
    firsts = [first_whole[table] for table in base_tables(model.full_name) if table in first_whole]
    before = reach(model.full_name).before
    return tuple(day for day in days if all(day - timedelta(before) >= first for first in firsts))


def whole(
    changed: Collection[str], wait: Collection[str] = (), due: Collection[str] = ()
) -> list[tuple[Model, tuple[Model, ...]]]:
    """The tables that are not by day and read one of the ``changed`` gold tables, with all gold tables that they read;
    without those that ``wait``, and with those that are ``due`` whatever has changed.

    A table that reads no gold table is computed each time: what it reads only grows, and is small.
    """
    found: list[tuple[Model, tuple[Model, ...]]] = []
    grown = set(changed)
    for model in in_order():
        read = tuple(models()[name] for name in sorted(table_names(model.query)) if name.startswith("gold."))
        grew = not read or grown & {source.full_name for source in read} or model.full_name in due
        if not model.is_daily and grew and model.full_name not in wait:
            found.append((model, read))
            grown.add(model.full_name)
    return found


def needed(planned: Sequence[tuple[Model, Iterable[date]]], following_days: int = _FURTHEST) -> dict[str, set[date]]:
    """The days of silver tables and wide views that a plan is computed from, by full name."""
    found: dict[str, set[date]] = {}
    for model, days in planned:
        _need(model.full_name, days, following_days, found)
    return found


def _need(full_name: str, days: Iterable[date], following_days: int, found: dict[str, set[date]]) -> None:
    around = window(days, _looks(full_name, following_days))
    for name in _read_by(full_name) or ():
        if _read_by(name) is None or name in wide_views():
            found.setdefault(name, set()).update(around)
        _need(name, around, following_days, found)
