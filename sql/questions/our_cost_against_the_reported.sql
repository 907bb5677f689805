-- Where do the sources report another cost than ours?
SELECT
    environment,
    model,
    SUM(cost_usd) AS cost_usd,
    SUM(reported_cost_usd) AS reported_cost_usd,
    SUM(cost_usd) - SUM(reported_cost_usd) AS difference_usd
FROM gold.cost_daily
WHERE reported_cost_usd IS NOT NULL
GROUP BY environment, model
HAVING SUM(cost_usd) IS NOT NULL
ORDER BY environment, model
