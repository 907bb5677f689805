"""Whether every event received is accounted for: the reconciliation table, summed up for a reader."""

from dashboards.reports.data import Cell, Column, Table
from dashboards.reports.labels import NOT_SET, column_of
from sql.reader import PublishedTables

_KEYS = ("event_type", "door")
_COUNTS = ("received", "bronze", "quarantined", "dropped", "silver", "duplicates", "conflicts", "waiting")
_GAPS = ("delivery_gap", "silver_gap")


def reconciliation(tables: PublishedTables) -> tuple[Table | None, int]:
    """The table by event type and door, and how many events are unaccounted for.

    Gaps are summed without their sign, so that one too many in an hour never hides one too few in another.
    """
    sums = ", ".join([*(f"SUM({c}) AS {c}" for c in _COUNTS), *(f"SUM(ABS({c})) AS {c}" for c in _GAPS)])
    rows = tables.rows(f"SELECT {', '.join(_KEYS)}, {sums} FROM gold.reconciliation GROUP BY 1, 2 ORDER BY 1, 2")
    if not rows:
        return None, 0
    columns = [column_of("reconciliation", name) for name in (*_KEYS, *_COUNTS)]
    columns.append(Column("Gap", "gap", "Events that a hand-over lost or made; not 0 is an alarm"))
    cells: list[tuple[Cell, ...]] = []
    gaps = 0
    for row in rows:
        gap = sum(int(row[name]) for name in _GAPS)
        gaps += gap
        cells.append((*(row[k] or NOT_SET for k in _KEYS), *(int(row[c]) for c in _COUNTS), gap))
    note = "Received = bronze + quarantined + dropped; bronze = silver + duplicates + conflicts + waiting."
    return Table("reconciliation", "Every event accounted for", tuple(columns), tuple(cells), note), gaps
