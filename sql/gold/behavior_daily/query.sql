SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    feature,
    action,
    name,
    COUNT(*) AS acts
FROM silver.behavior
GROUP BY 1, 2, 3, 4, 5
