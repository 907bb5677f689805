-- Whose calls cost most? Users stand under pseudonyms.
SELECT
    environment,
    user_id,
    SUM(cost_usd) AS cost_usd,
    SUM(executions) AS executions,
    COUNT(DISTINCT day) AS days
FROM gold.cost_user_daily
WHERE user_id IS NOT NULL
GROUP BY environment, user_id
ORDER BY environment, cost_usd DESC NULLS LAST, user_id
LIMIT 20
