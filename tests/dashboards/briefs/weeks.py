"""Weeks of a small lake, of which a model was changed in the last."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
MONDAY = date(2026, 11, 9)
"""Of the last week that is over at the publication's time."""

TODAY = date(2026, 11, 20)


def week_of(monday: date, **models: tuple[int, str, int]) -> Rows:
    """Seven days alike: by model its calls, the dollars of all of them, and how many failed."""
    rows: Rows = {"cost_daily": [], "quality_daily": [], "latency_daily": []}
    for day in (monday + timedelta(n) for n in range(7)):
        for model, (calls, cost, errors) in models.items():
            key = {"day": day, "model": model, "provider": "acme", "feature": "search", "team": "a"}
            sums = {"executions": calls, "priced_successes": calls - errors, "output_tokens": calls}
            rows["cost_daily"].append({**key, **sums, "cost_usd": Decimal(cost)})
            rows["quality_daily"].append({**key, "executions": calls, "errors": errors})
            rows["latency_daily"].append({**key, "measure": "latency", "bucket_ms": 500, "executions": calls})
    return rows


def joined(*many: Rows) -> Rows:
    names = dict.fromkeys(name for rows in many for name in rows)
    return {name: [row for rows in many for row in rows.get(name, [])] for name in names}


def six_weeks() -> Rows:
    """Six weeks alike, but for the last: calls moved from the cheap model to the dear one."""
    before = [week_of(MONDAY - timedelta(7 * n), cheap=(100, "1", 2), dear=(20, "2", 0)) for n in range(1, 6)]
    return joined(*before, week_of(MONDAY, cheap=(60, "0.6", 6), dear=(60, "6", 0)))
