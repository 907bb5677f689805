"""Reads one publication into a report of a period for an audience."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from dashboards.boards import Board, Told
from dashboards.briefs import telling
from dashboards.briefs.asking import Asker, Row, count_of
from dashboards.briefs.certainty import judge
from dashboards.briefs.data import Brief, Figure, Part
from dashboards.briefs.measuring import measured
from dashboards.briefs.parts import number, part_of
from dashboards.briefs.periods import EARLIER, Kind, Period, Span, period_of
from dashboards.reports.scope import span
from sql.catalog import CatalogError
from sql.parts import parts_of
from sql.reader import PublishedTables
from sql.small_groups import SMALLEST_GROUP


def collect(
    tables: PublishedTables,
    board: Board,
    kind: Kind,
    day: date | None,
    today: date,
    failure: str | None = None,
    smallest_group: int = SMALLEST_GROUP,
) -> Brief:
    """The report.

    Real environments and simulated ones are never summed together: a lake that has any real one is told without the
    simulated.

    Args:
        tables: what was last published.
        board: the metrics of the audience.
        kind: week or month.
        day: one of the period's; None for the last period that is over.
        today: in UTC.
        failure: why the last build published nothing, in one sentence, if it did not.
        smallest_group: groups of fewer people are told as other, and days and periods of so few not at all.

    Raises:
        CatalogError: the board names a metric of a table that is not published.
    """
    _check_published(board)
    names = list(board.by_table())
    state = tables.publication.state(names)
    period = period_of(kind, day, datetime.fromisoformat(state.complete_through), today)
    real, simulated = (span(tables, is_simulated=one) for one in (False, True))
    asker = Asker(tables, real is None and simulated is not None, smallest_group)
    if all_days := real or simulated:
        period = replace(period, oldest=all_days[0])
    status = telling.status(state, period, today, failure)
    figures = _figures(asker, board, period.told, period) if period.told else []
    of_few = [figure.metric for figure in figures if figure.is_of_few]
    status = telling.with_folded(status, of_few, smallest_group, has_folded=asker.has_folded)
    shown = [figure for figure in figures if figure.now is not None or figure.before is not None]
    environments: set[str] = set()
    for name in names if period.told else ():
        environments |= asker.environments(f"gold.{name}", period.told or period.whole)
    newest = max((found for name in names if (found := asker.newest(f"gold.{name}"))), default=None)
    has_now = any(figure.now is not None for figure in shown)
    return Brief(
        audience=board.title,
        period=period,
        environments=tuple(sorted(environments)),
        is_simulated=asker.is_simulated,
        status=status,
        figures=tuple(shown) if has_now else (),
        missing=tuple(f.metric for f in figures if f not in shown and not f.is_of_few) if has_now else (),
        asked=tuple(asker.asked),
        nothing=None if has_now else telling.nothing(period, newest, is_of_few=bool(of_few)),
    )


def _check_published(board: Board) -> None:
    for told in board.told:
        if not told.table.published:
            raise CatalogError(
                f"{told.place}: {told.metric.name} is a metric of {told.table.full_name}, which is not published; "
                "no report tells it."
            )


def _figures(asker: Asker, board: Board, now: Span, period: Period) -> list[Figure]:
    found: dict[str, Figure] = {}
    for told in board.by_table().values():
        # Percentiles of one distribution are read together, all that are expressions too.
        kinds = dict.fromkeys(_distribution(one) for one in told)
        for kind in kinds:
            found |= _of_group(asker, [one for one in told if _distribution(one) == kind], now, period)
    return [found[told.metric.name] for told in board.told]


def _distribution(told: Told) -> tuple[str, str, str] | None:
    rule = told.metric.percentile
    return (rule.of, rule.weight, rule.where) if rule else None


def _of_group(asker: Asker, group: Sequence[Told], now: Span, period: Period) -> dict[str, Figure]:
    before = period.before()
    spans = [now, *(period.before(n) for n in range(1, EARLIER + 1))]
    few = asker.few(group[0].table, spans)
    # What is laid side by side is told of both, or of neither.
    few |= {now.first, before.first} if few & {now.first, before.first} else frozenset()
    left_out = few | {span.first for span in spans[1:] if not period.is_known(span)}
    values, asked_values = asker.values(group, spans)
    by_start = {row["day"]: row for row in values if row["day"] not in left_out}
    counts, asked_counts = asker.parts(group, [now, before])
    counted = {row["day"]: row for row in counts if row["day"] not in left_out}
    days, asked_days = asker.daily(group, [now, before])
    by_day = {row["day"]: row for row in days}
    return {
        one.metric.name: _figure(
            one,
            by_start,
            counted,
            by_day,
            spans,
            _parts(asker, one, group, now, before) if period.is_known(before) else (),
            (asked_values, asked_counts, asked_days),
            is_of_few=now.first in few,
        )
        for one in group
    }


def _figure(
    told: Told,
    by_start: Mapping[date, Row],
    counted: Mapping[date, Row],
    by_day: Mapping[date, Row],
    spans: Sequence[Span],
    parts: tuple[Part, ...],
    queries: tuple[int, ...],
    *,
    is_of_few: bool,
) -> Figure:
    name, (now, before, *_) = told.metric.name, spans
    series = [number(by_start.get(span.first, {}).get(name)) for span in spans]
    both = [measured(told, series[i], counted.get(span.first, {})) for i, span in enumerate((now, before))]
    rule = told.metric.percentile
    sums = parts_of(told.metric)
    is_count = sums is not None and sums.denominator is None and count_of(told, sums) == sums.numerator
    is_count = is_count or _counts_calls(told)
    return Figure(
        told=told,
        now=series[0],
        before=series[1],
        earlier=tuple(series[2:]),
        judged=judge(both[0], both[1], series[2:], is_count=is_count, rank=rule.rank if rule else None),
        count=both[0].count,
        daily=tuple(
            (day, number(by_day.get(day, {}).get(name)), number(by_day.get(then, {}).get(name)))
            for day, then in zip(now.all_days(), before.all_days(), strict=True)
        ),
        parts=parts,
        queries=queries,
        is_of_few=is_of_few,
    )


def _counts_calls(told: Told) -> bool:
    sums = parts_of(told.metric)
    if sums is None or sums.denominator is not None:
        return False
    return told.metric.unit == "executions"


def _parts(asker: Asker, told: Told, group: Sequence[Told], now: Span, before: Span) -> tuple[Part, ...]:
    found = []
    for dimension in told.dimensions:
        together = [one for one in group if dimension in one.dimensions]
        rows, asked = asker.parts(together, [now, before], dimension)
        values, asked_values = (
            ([], asked) if parts_of(told.metric) else asker.values(together, [now, before], dimension)
        )
        part = part_of(told, dimension, now.first, rows, values, tuple(sorted({asked, asked_values})))
        if part is not None:
            found.append(part)
    return tuple(found)
