"""Whether every event received is accounted for: the reconciliation table, summed up for a reader."""

from dashboards.reports.data import Cell, Column, Table
from dashboards.reports.labels import NOT_SET, column_of
from sql.catalog import models
from sql.reader import PublishedTables

_KEYS = ("event_type", "door")
_MINOR = frozenset({"door", "replayed", "conflicts", "waiting", "erased", "expired", "damaged"})
_RARE = _MINOR - {"door"}
"""Left out where nothing of the kind has happened."""


def reconciliation(tables: PublishedTables) -> tuple[Table | None, int]:
    """The table by event type and door, and how many events are unaccounted for.

    Gaps are summed without their sign, so that one too many in an hour never hides one too few in another.
    """
    columns = models()["gold.reconciliation"].columns
    gaps = [name for name in columns if name.endswith("_gap")]
    counts = [name for name, spec in columns.items() if spec.unit == "events" and name not in gaps]
    # A column that an older publication lacks is null until the next build.
    sums = ", ".join(
        [*(f"COALESCE(SUM({c}), 0) AS {c}" for c in counts), *(f"COALESCE(SUM(ABS({c})), 0) AS {c}" for c in gaps)]
    )
    rows = tables.rows(f"SELECT {', '.join(_KEYS)}, {sums} FROM gold.reconciliation GROUP BY 1, 2 ORDER BY 1, 2")
    if not rows:
        return None, 0
    counts = [name for name in counts if name not in _RARE or any(row[name] for row in rows)]
    shown = [column_of("reconciliation", name, is_minor=name in _MINOR) for name in (*_KEYS, *counts)]
    shown.append(Column("Gap", "gap", "Events that a hand-over lost or made; not 0 is an alarm"))
    cells: list[tuple[Cell, ...]] = []
    lost = 0
    for row in rows:
        gap = sum(int(row[name]) for name in gaps)
        lost += gap
        cells.append((*(row[k] or NOT_SET for k in _KEYS), *(int(row[c]) for c in counts), gap))
    meant = " or ".join(columns[name].description.split(";")[0].replace(" - ", " \N{MINUS SIGN} ") for name in gaps)
    table = Table("reconciliation", "Every event accounted for", tuple(shown), tuple(cells), f"A gap is {meant}.")
    return table, lost
