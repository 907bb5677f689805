-- What does each team spend a month?
SELECT
    environment,
    CAST(date_trunc('month', day) AS DATE) AS month,
    team,
    SUM(cost_usd) AS cost_usd,
    SUM(executions) AS executions
FROM gold.cost_daily
GROUP BY environment, CAST(date_trunc('month', day) AS DATE), team
ORDER BY environment, month, team
