-- How long do answers take by model: the usual one, and the slowest in twenty?
SELECT
    environment,
    model,
    MAX(total) AS executions,
    MIN(CASE WHEN reached >= 5e-1 * total THEN bucket_ms END) AS p50_ms,
    MIN(CASE WHEN reached >= 95e-2 * total THEN bucket_ms END) AS p95_ms
FROM (
    SELECT
        environment,
        model,
        bucket_ms,
        SUM(executions) OVER (PARTITION BY environment, model ORDER BY bucket_ms) AS reached,
        SUM(executions) OVER (PARTITION BY environment, model) AS total
    FROM (
        SELECT environment, model, bucket_ms, SUM(executions) AS executions
        FROM gold.latency_daily
        WHERE measure = 'latency'
        GROUP BY environment, model, bucket_ms
    ) AS counted
) AS ranked
GROUP BY environment, model
ORDER BY environment, p95_ms DESC, model
