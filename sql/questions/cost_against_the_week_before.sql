-- What did each week cost, and the week before it?
SELECT
    environment,
    week,
    cost_usd,
    LAG(cost_usd) OVER (PARTITION BY environment ORDER BY week) AS cost_before_usd,
    cost_usd - LAG(cost_usd) OVER (PARTITION BY environment ORDER BY week) AS change_usd
FROM (
    SELECT environment, CAST(date_trunc('week', day) AS DATE) AS week, SUM(cost_usd) AS cost_usd
    FROM gold.cost_daily
    GROUP BY environment, CAST(date_trunc('week', day) AS DATE)
) AS weeks
ORDER BY environment, week
