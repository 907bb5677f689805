"""Rows of a small lake whose figures can be summed by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from sql.reader import PublishedTables

# The test folders are no packages; the helper is loaded by its path.
_spec = spec_from_file_location("published", Path(__file__).parent / "published.py")
assert _spec is not None
assert _spec.loader is not None
published = module_from_spec(_spec)
_spec.loader.exec_module(published)

FIRST = date(2026, 11, 1)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[Rows], PublishedTables]:
    """Publishes rows by gold table below ``tmp_path``."""
    return lambda rows: published.publish(tmp_path, rows)


def execution_rows(day: date, environment: str, executions: int, model: str, cost: str | None, **more: Any) -> Rows:
    """One day of one model in every table that an execution shows in."""
    key = {"day": day, "environment": environment, "model": model, "provider": "acme"}
    key |= {name: more.pop(name) for name in ("feature", "template_id", "template_version") if name in more}
    cost_row = {**key, "executions": executions, "uncached_input_tokens": 100 * executions, "output_tokens": executions}
    cost_row |= {"cost_usd": None if cost is None else Decimal(cost)}
    if cost is None:
        cost_row |= {"unpriced_tokens": 101 * executions, "unpriced_executions": executions}
    return {
        "cost_daily": [cost_row | {k: v for k, v in more.items() if k == "reported_cost_usd"}],
        "quality_daily": [{**key, "executions": executions, "errors": more.get("errors", 0)}],
        "latency_daily": [{**key, "measure": "latency", "bucket_ms": 500, "executions": executions}],
        "engagement_daily": [],
    }


def joined(*many: Rows) -> Rows:
    """Rows of several days and models."""
    return {
        name: [row for rows in many for row in rows.get(name, [])] for name in dict.fromkeys(k for r in many for k in r)
    }


@pytest.fixture
def month() -> Rows:
    """Thirty days from 1 November; day n has n executions that cost n cents, and n executions of an unpriced model."""
    days = [(FIRST + timedelta(n - 1), n) for n in range(1, 31)]
    rows = joined(
        *(execution_rows(day, "production", n, "big", f"{n / 100}", errors=n // 10) for day, n in days),
        *(execution_rows(day, "production", n, "secret", None) for day, n in days),
    )
    # Two days: the mean of the days with anybody is 15, whatever the buckets.
    rows["engagement_daily"] = [
        {"day": FIRST, "active_users": 10, "sessions": 12},
        {"day": FIRST + timedelta(1), "active_users": 20, "sessions": 24},
    ]
    return rows
