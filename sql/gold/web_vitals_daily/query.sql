-- A page load sends a metric again as it changes: the last value of a day counts.
SELECT
    day,
    environment,
    name,
    BUCKET(hundred_thousandths) AS bucket,
    COUNT(*) AS page_loads,
    COUNT_IF(value <= good) AS good,
    COUNT_IF(value > good AND value <= poor) AS needs_improvement,
    COUNT_IF(value > poor) AS poor
FROM (
    SELECT
        sent.day,
        sent.environment,
        sent.name,
        sent.value,
        threshold.good,
        threshold.poor,
        CAST(FLOOR(sent.value * 1e5 + 5e-1) AS BIGINT) AS hundred_thousandths
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
) AS measured
GROUP BY 1, 2, 3, 4
