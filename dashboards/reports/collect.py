"""Reads one publication into what a report says.

Real and simulated environments are parts of their own and never summed together. Each part has its own period, for
a log of three years ago and a demo of today have no time axis in common.
"""

from collections.abc import Callable
from datetime import timedelta

from dashboards.reports import breakdowns, over_time
from dashboards.reports.data import Block, Part, ReportData, Section
from dashboards.reports.figures import collect_figures
from dashboards.reports.reconciled import reconciliation
from dashboards.reports.scope import Scope, span
from sql.reader import PublishedTables

_SECTIONS: dict[str, tuple[str, tuple[tuple[Callable[[Scope], Block | None], str], ...]]] = {
    "cost": (
        "Cost",
        (
            (
                over_time.cost_by_model,
                "Cost: executions of models with a known price (`promptlake import`, `POST /v1/traces`).",
            ),
            (over_time.tokens, "Tokens: executions that carry their token counts."),
            (breakdowns.cost_by_model, ""),
            (breakdowns.unpriced, ""),
            (breakdowns.cost_by_feature, "Cost by feature and team: `feature` and `team` on each execution."),
            (breakdowns.environments, ""),
        ),
    ),
    "operations": (
        "Reliability and speed",
        (
            (over_time.executions, ""),
            (over_time.latency, "Latency: `latency_ms` on each execution; an OpenTelemetry span has it by itself."),
        ),
    ),
    "quality": (
        "Quality",
        (
            (over_time.feedback, "Feedback: events of type `feedback` to `POST /v1/events`."),
            (breakdowns.evaluations, "Evaluations: events of type `evaluation` to `POST /v1/events`."),
            (breakdowns.templates, "Prompt versions: `template_id` and `template_version` on each execution."),
        ),
    ),
    "engagement": (
        "Engagement",
        (
            (
                over_time.engagement,
                "Sessions and users: `user_id` or `session_id` on any event, of people enough to be told of.",
            ),
            (breakdowns.behavior, "Behavior: events of type `behavior` to `POST /v1/events`."),
        ),
    ),
    "web_vitals": (
        "Web vitals",
        ((breakdowns.web_vitals, "Web vitals: events of type `web_vital` to `POST /v1/events`, from the browser."),),
    ),
}
"""Section key -> title and its blocks, each with the line that says what would fill it."""


def collect(tables: PublishedTables, days: int | None = None, *, smallest_group: int) -> ReportData:
    """Everything that a report says.

    By default the period of a part is all of its data, so that an imported log is seen whole, however old. Charts go
    by day up to 62 days, by week up to 400, then by month; buckets without data stay empty. Figures are compared with
    the period of equal length before, if the data reach back over all of it.

    Args:
        tables: one publication.
        days: only the last so many days, counted back from the newest day that has data.
        smallest_group: what fewer people did is not told.
    """
    found = (_part(tables, is_simulated, days, smallest_group) for is_simulated in (False, True))
    table, gaps = reconciliation(tables)
    return ReportData(
        as_of=tables.publication.as_of,
        complete_through=tables.publication.complete_through,
        parts=tuple(part for part in found if part is not None),
        reconciliation=table,
        gaps=gaps,
    )


def _part(tables: PublishedTables, is_simulated: bool, days: int | None, smallest_group: int) -> Part | None:
    whole = span(tables, is_simulated=is_simulated)
    if whole is None:
        return None
    oldest, last = whole
    # Counted from the oldest day, so that no number of days can reach back before the calendar.
    first = oldest if days is None else oldest + max(last - oldest - timedelta(days=1) * (days - 1), timedelta(0))
    scope = Scope(tables, is_simulated, first, last, smallest_group)
    has_previous = first - oldest > last - first
    sections, missing = _sections(scope)
    return Part(
        is_simulated=is_simulated,
        environments=scope.environments(),
        first=first,
        last=last,
        bucket=scope.bucket,
        has_previous=has_previous,
        figures=collect_figures(scope, has_previous=has_previous),
        sections=sections,
        missing=missing,
    )


def _sections(scope: Scope) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    sections, missing = [], []
    for key, (title, makers) in _SECTIONS.items():
        blocks = []
        for make, what_fills_it in makers:
            block = make(scope)
            if block is not None:
                blocks.append(block)
            elif what_fills_it:
                missing.append(what_fills_it)
        if blocks:
            sections.append(Section(key, title, tuple(blocks)))
    return tuple(sections), tuple(missing)
