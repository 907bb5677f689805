"""For people: is data fresh, are counts whole, are components up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from serving.logic.health import Component, told
from serving.logic.reading import Row, Tables
from serving.logic.reconciliation import TABLE, gaps

FRESH_WITHIN = timedelta(hours=2)
"""Builds in AWS run once an hour, and may wait for a quarter more until all has arrived."""

HOURS, DAYS = 48, 30


def status(tables: Tables | None, components: Sequence[Component], now: datetime) -> dict[str, Any]:
    """The whole answer as JSON values; see :class:`serving.status_schemas.StatusAnswer`.

    Args:
        tables: one publication; None where nothing has been published.
        components: as they are now.
        now: with a time zone.
    """
    data, counts = _data(tables, now), _counts(tables)
    wrong = [f"{component.name}: {component.problem}" for component in components if component.problem]
    if not data["is_fresh"]:
        wrong.append(_stale(data))
    if counts["reconciles"] is False:
        wrong.append(f"At {counts['gap_count']:,} hand-overs more or fewer events went out than came in.")
    return {
        "status": "degraded" if wrong else "ok",
        "checked_at": now.isoformat(timespec="seconds"),
        "problems": wrong,
        "data": data,
        "counts": counts,
        "components": [told(component) for component in components],
    }


def _data(tables: Tables | None, now: datetime) -> Row:
    if tables is None:
        return {"as_of": None, "complete_through": None, "behind_s": None, "is_fresh": False}
    through = datetime.fromisoformat(tables.publication.complete_through)
    behind = now - through
    return {
        "as_of": tables.publication.as_of,
        "complete_through": tables.publication.complete_through,
        "behind_s": max(0, int(behind.total_seconds())),
        "is_fresh": behind <= FRESH_WITHIN,
    }


def _stale(data: Row) -> str:
    if data["complete_through"] is None:
        return "Nothing has been built yet."
    return f"What is shown ends at {data['complete_through']}; later events wait for a build."


def _counts(tables: Tables | None) -> Row:
    if tables is None:
        return {"reconciles": None, "gap_count": None, "received": None, "hours": [], "days": []}
    each = " + ".join(f"CASE WHEN {name} <> 0 THEN 1 ELSE 0 END" for name in gaps())
    (found,) = tables.rows(
        f"SELECT COUNT(*) AS counted, SUM(received) AS received, SUM({each}) AS gaps FROM gold.{TABLE}"
    )
    is_empty = found["counted"] == 0
    return {
        "reconciles": None if is_empty else found["gaps"] == 0,
        "gap_count": None if is_empty else int(found["gaps"]),
        "received": None if is_empty else int(found["received"]),
        "hours": _latest(tables, "received_hour", HOURS),
        "days": _latest(tables, "SUBSTR(received_hour, 1, 10)", DAYS),
    }


def _latest(tables: Tables, period: str, count: int) -> list[Row]:
    """The latest periods in which anything arrived, oldest first."""
    rows = tables.rows(
        f"SELECT {period} AS period, SUM(received) AS received, SUM(quarantined) AS quarantined FROM gold.{TABLE} "
        f"GROUP BY 1 ORDER BY 1 DESC LIMIT {count}"
    )
    return [
        {"period": row["period"], "received": int(row["received"] or 0), "quarantined": int(row["quarantined"] or 0)}
        for row in reversed(rows)
    ]
