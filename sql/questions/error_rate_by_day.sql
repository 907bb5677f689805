-- How often did calls fail, day by day?
SELECT
    environment,
    day,
    SUM(executions) AS executions,
    SUM(errors) AS errors,
    CAST(SUM(errors) AS DOUBLE) / NULLIF(SUM(executions), 0) AS error_rate
FROM gold.quality_daily
GROUP BY environment, day
ORDER BY environment, day
