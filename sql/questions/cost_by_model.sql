-- What does each model cost?
SELECT
    environment,
    provider,
    model,
    SUM(executions) AS executions,
    SUM(cost_usd) AS cost_usd,
    SUM(unpriced_tokens) AS unpriced_tokens
FROM gold.cost_daily
GROUP BY environment, provider, model
ORDER BY environment, cost_usd DESC NULLS LAST, provider, model
