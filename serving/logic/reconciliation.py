"""Whether every event received is accounted for, as the last build found it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from serving.logic.answer import MAX_GROUPS, Row, Tables, check_groups
from serving.logic.asked import Page, read_names
from serving.logic.days import DayRange, day_range, read_date
from serving.logic.paging import cut
from sql.catalog import models
from sql.records import ColumnSpec

TABLE = "reconciliation"
KEYS = ("received_day", "received_hour", "event_type", "door")
DEFAULT_KEYS = ("event_type", "door")
FILTERS = ("event_type", "door")
MAX_GAPS = 1_000
_EXPRESSIONS = {"received_day": "SUBSTR(received_hour, 1, 10)"}
_DAY_CHARS = len("2026-03-01")


@cache
def counted() -> dict[str, ColumnSpec]:
    """What is counted at a hand-over, gaps among it."""
    model = models()[f"gold.{TABLE}"]
    return {name: spec for name, spec in model.columns.items() if name not in model.grain}


def gaps() -> tuple[str, ...]:
    """The columns that are 0 where a hand-over lost nothing and made nothing."""
    return tuple(name for name in counted() if name.endswith("_gap"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for counts."""

    first: date | None
    last: date | None
    group_by: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]

    def where(self, days: DayRange) -> tuple[str, list[str]]:
        conditions, parameters = ["received_hour BETWEEN ? AND ?"], [f"{days.first}-00", f"{days.last}-23"]
        for name, values in self.filters:
            conditions.append(f"{name} IN ({', '.join('?' * len(values))})")
            parameters += values
        return " AND ".join(conditions), parameters


def read_parameters(given: Mapping[str, Any]) -> Asked:
    """Query parameters by name; what was not given is ``None`` or missing.

    Raises:
        RequestRefused: a date is none, or a key unknown.
    """
    return Asked(
        read_date("from", given.get("from")),
        read_date("to", given.get("to")),
        read_names(given.get("group_by") or (), KEYS, "reconciliation") or DEFAULT_KEYS,
        tuple((name, tuple(given[name])) for name in FILTERS if given.get(name)),
    )


def reconciliation(asked: Asked, page: Page, tables: Tables) -> dict[str, Any]:
    """The whole answer as JSON values; see :class:`serving.reconciliation_schemas.ReconciliationAnswer`.

    Raises:
        RequestRefused: the range is not one, or the page is of another publication.
    """
    publication = tables.publication
    (found,) = tables.rows(f"SELECT MAX(received_hour) AS newest FROM gold.{TABLE}")
    newest = found["newest"][:_DAY_CHARS] if found["newest"] else publication.as_of
    days = day_range(asked.first, asked.last, datetime.fromisoformat(newest).date())
    (total,) = _counts(asked, (), days, tables)
    missing = _gaps(asked, days, tables)
    extract = publication.tables.get(TABLE)
    rows = _counts(asked, asked.group_by, days, tables)
    shown, following = cut(rows, page.rows, page.cursor, asked, extract.paths if extract else ())
    return {
        "as_of": publication.as_of,
        "complete_through": publication.complete_through,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "group_by": list(asked.group_by),
        "columns": {name: {"description": spec.description, "unit": spec.unit} for name, spec in counted().items()},
        "reconciles": None if total["received"] is None else not missing,
        "gap_count": len(missing),
        "gaps": missing[:MAX_GAPS],
        "row_count": len(rows),
        "rows": list(shown),
        "next": following,
        "total": total,
    }


def _counts(asked: Asked, keys: tuple[str, ...], days: DayRange, tables: Tables) -> list[Row]:
    where, parameters = asked.where(days)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in counted())
    picked = "".join(f"{_EXPRESSIONS.get(key, key)} AS {key}, " for key in keys)
    numbers = ", ".join(str(number + 1) for number in range(len(keys)))
    grouped = f" GROUP BY {numbers} ORDER BY {numbers} LIMIT {MAX_GROUPS + 1}" if keys else ""
    rows = tables.rows(f"SELECT {picked}{sums} FROM gold.{TABLE} WHERE {where}{grouped}", parameters)
    check_groups(len(rows))
    return rows


def _gaps(asked: Asked, days: DayRange, tables: Tables) -> list[Row]:
    """Each hour, type and door apart, so that one too many in an hour never hides one too few in another."""
    where, parameters = asked.where(days)
    each = [
        f"SELECT received_hour, event_type, door, '{name}' AS hand_over, {name} AS events FROM gold.{TABLE} "
        f"WHERE {where} AND {name} <> 0"
        for name in gaps()
    ]
    return tables.rows(f"{' UNION ALL '.join(each)} ORDER BY 1, 2, 3, 4", parameters * len(each))
