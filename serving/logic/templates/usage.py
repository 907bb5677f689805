"""Who still calls a template: from what was last published."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.logic.answer import Published  # which imports the catalog, too heavy for who asks for templates only


MAX_CALLERS = 1_000
_QUERY = f"""
SELECT template_version AS version, team, feature, SUM(executions) AS executions, SUM(cost_usd) AS cost_usd,
    MAX(day) AS last_day
FROM gold.cost_daily
WHERE environment = ? AND template_id = ? AND day > ?
GROUP BY 1, 2, 3 ORDER BY executions DESC, 1, 2, 3 LIMIT {MAX_CALLERS}
"""


def usage(reader: "Published", environment: str, template_id: str, today: date, days: int) -> dict[str, Any]:
    """The callers of the last days, the most frequent first: :class:`serving.template_schemas.Usage`.

    Raises:
        NothingPublished: there is nothing to read yet.
    """
    tables = reader.current()
    rows = tables.rows(_QUERY, [environment, template_id, today - timedelta(days=days)])
    return {
        "as_of": tables.publication.as_of,
        "complete_through": tables.publication.complete_through,
        "days": days,
        "callers": rows,
    }
