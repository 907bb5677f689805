-- Which models have no price, so that cost is too low?
SELECT
    environment,
    provider,
    model,
    SUM(unpriced_executions) AS executions,
    SUM(unpriced_tokens) AS tokens,
    MIN(day) AS first_day,
    MAX(day) AS last_day
FROM gold.cost_daily
WHERE unpriced_executions > 0
GROUP BY environment, provider, model
ORDER BY environment, tokens DESC, provider, model
