-- How many different people came each month, and how many called a model?
SELECT
    environment,
    CAST(date_trunc('month', day) AS DATE) AS month,
    COUNT(DISTINCT person) AS people,
    COUNT(DISTINCT CASE WHEN executions > 0 THEN person END) AS people_with_execution,
    SUM(sessions) AS sessions
FROM gold.person_daily
GROUP BY environment, CAST(date_trunc('month', day) AS DATE)
ORDER BY environment, month
