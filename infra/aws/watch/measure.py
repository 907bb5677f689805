"""The figures that alarms and the overview go by, as metrics embedded in the function's log, under the names that the
metrics of `sql/metrics` have.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from ingest.doors.lambdas.metrics import tell
from serving.lambdas.publishing import reader
from serving.logic.reading import Tables
from serving.logic.reconciliation import TABLE, gaps
from sql.reader import NothingPublished

FRESHNESS, GAP, QUARANTINED = "freshness_s", "reconciliation_gap", "quarantined_share"
HOURLY = {
    FRESHNESS: MetricUnit.Seconds,
    GAP: MetricUnit.Count,
    QUARANTINED: MetricUnit.NoUnit,
}
"""What is measured after each look for news."""
_LATELY = "day BETWEEN ? AND ?", timedelta(days=7)
_COHORTS = "granularity = 'week' AND age = 1 AND cohort BETWEEN ? AND ?", timedelta(weeks=8)
DAILY = {
    **dict.fromkeys(("cost_per_success_usd", "thumbs_up_rate", "active_users", "prompt_session_share"), _LATELY),
    **dict.fromkeys(("nps", "error_rate", "unpriced_share"), _LATELY),
    "retention_rate": _COHORTS,
}
"""What is measured once a day, over which rows between two days, and for how long back: figures of the business, each a
metric of the semantic layer; retention is who came again in the week after their first.
"""
FIGURES = "figures"
"""The job that measures them."""


def handler(event: dict[str, Any], _context: object) -> dict[str, float]:
    """Measure after a build, or after there was nothing to build: ``{"is_new": false}``; or ``{"job": "figures"}``."""
    now = datetime.now(UTC)
    try:
        tables = reader().current()
    except NothingPublished:
        return {}
    if event.get("job") == FIGURES:
        measured = figures(tables, now.date())
        units = dict.fromkeys(measured, MetricUnit.NoUnit)
    else:
        measured, units = health(tables, now, is_new=event.get("is_new", True)), HOURLY
    for name, value in measured.items():
        tell(name, value, units[name])
    return dict(measured)


def health(tables: Tables, now: datetime, *, is_new: bool) -> dict[str, float]:
    """How far the answers lie behind, and whether all that came is in them. Where nothing is new, nothing is behind."""
    through = datetime.fromisoformat(tables.publication.complete_through)
    gap = " + ".join(f"SUM(ABS({name}))" for name in gaps())
    today = f"{now - timedelta(days=1):%Y-%m-%d-%H}"
    (all_of_it,) = tables.rows(f"SELECT {gap} AS gap FROM gold.{TABLE}")
    (lately,) = tables.rows(
        f"SELECT SUM(received) AS received, SUM(quarantined) AS quarantined FROM gold.{TABLE} WHERE received_hour >= ?",
        [today],
    )
    return {
        FRESHNESS: (now - through).total_seconds() if is_new else 0.0,
        GAP: float(all_of_it["gap"] or 0),
        QUARANTINED: float(lately["quarantined"] or 0) / max(float(lately["received"] or 0), 1.0),
    }


def figures(tables: Tables, today: date) -> Mapping[str, float]:
    """The business of the last whole days; what has no answer is left out."""
    return dict(_figures(tables, today))


def _figures(tables: Tables, today: date) -> Iterator[tuple[str, float]]:
    last = today - timedelta(days=1)
    for name, (rows, back) in DAILY.items():
        (row,) = tables.metrics([name], where=rows, parameters=[today - back, last])
        if row[name] is not None:
            yield name, float(row[name])
