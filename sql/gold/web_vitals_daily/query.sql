-- A page load sends a metric again as it changes: the last value of a day counts. 75th percentile by nearest rank, as the
-- thresholds are defined on it.
SELECT
    day,
    environment,
    name,
    COUNT(*) AS page_loads,
    COUNT_IF(value <= good) AS good,
    COUNT_IF(value > good AND value <= poor) AS needs_improvement,
    COUNT_IF(value > poor) AS poor,
    MIN(CASE WHEN position * 4 >= total * 3 THEN value END) AS p75
FROM (
    SELECT
        sent.day,
        sent.environment,
        sent.name,
        sent.value,
        threshold.good,
        threshold.poor,
        ROW_NUMBER() OVER (PARTITION BY sent.day, sent.environment, sent.name ORDER BY sent.value) AS position,
        COUNT(*) OVER (PARTITION BY sent.day, sent.environment, sent.name) AS total
    FROM (
        SELECT
            CAST(date_trunc('day', occurred_at) AS DATE) AS day,
            environment,
            name,
            value,
            ROW_NUMBER() OVER (PARTITION BY CAST(date_trunc('day', occurred_at) AS DATE), environment, name, metric_id
                ORDER BY occurred_at DESC, event_id DESC) AS age
        FROM silver.web_vital
    ) AS sent
    INNER JOIN metric.threshold AS threshold
        ON threshold.metric = LOWER(sent.name)
    WHERE sent.age = 1
) AS ranked
GROUP BY 1, 2, 3
