"""Which events are new. The same rules, in the same SQL, whatever the engine."""

from datetime import timedelta

ID_WINDOW = timedelta(days=7)
"""An id is looked for this far around its event's day: retries come within minutes, and a bound keeps the cost of an
hour of events the same however large the lake has grown."""

VERDICTS = """
SELECT file, row, CASE WHEN bool_or(occurred_at_us = first_at_us) THEN 'duplicates' ELSE 'conflicts' END AS verdict
FROM (
    SELECT a.file, a.row, a.occurred_at_us, k.event_id IS NOT NULL AS is_known,
        row_number() OVER arrived AS position,
        coalesce(k.occurred_at_us, first_value(a.occurred_at_us) OVER arrived) AS first_at_us
    FROM arrival AS a LEFT JOIN known AS k ON k.event_id = a.event_id
    WINDOW arrived AS (PARTITION BY a.event_id ORDER BY a.received_at_us, a.file, a.row)
) AS judged
WHERE is_known OR position > 1
GROUP BY file, row
"""
"""Rows of ``arrival`` (event_id, occurred_at_us, received_at_us, file, row) that are not the first with their id, where
``known`` (event_id, occurred_at_us) are the ids of silver. It may have one twice, of times further apart than ids are
looked for; each row has one verdict all the same.
"""

HOUR_US = 3_600_000_000
ARRIVED_HOUR_US = f"received_at_us - received_at_us % {HOUR_US}"
"""SQL of the start of the hour of arrival."""


def conflict_message(event_type: str) -> str:
    return f"{event_type}: the event_id is already stored with another occurred_at; give every event its own id."
