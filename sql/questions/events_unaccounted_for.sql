-- Is every event that was received accounted for?
SELECT
    event_type,
    door,
    SUM(received) AS received,
    SUM(bronze) AS bronze,
    SUM(quarantined) AS quarantined,
    SUM(ABS(delivery_gap)) + SUM(ABS(silver_gap)) AS unaccounted_for
FROM gold.reconciliation
GROUP BY event_type, door
ORDER BY unaccounted_for DESC, event_type, door
