-- Which features cost most, in all and a call?
SELECT
    environment,
    feature,
    SUM(cost_usd) AS cost_usd,
    CAST(SUM(cost_usd) AS DOUBLE) / NULLIF(SUM(executions - unpriced_executions), 0) AS cost_per_execution_usd
FROM gold.cost_daily
GROUP BY environment, feature
ORDER BY environment, cost_usd DESC NULLS LAST, feature
