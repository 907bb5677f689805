SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    team,
    feature,
    user_id,
    COUNT(*) AS executions,
    COUNT_IF(status = 'error') AS errors,
    SUM(COALESCE(uncached_input_tokens, 0) + COALESCE(cache_read_tokens, 0) + COALESCE(cache_write_5m_tokens, 0)
        + COALESCE(cache_write_1h_tokens, 0)) AS input_tokens,
    SUM(COALESCE(output_tokens, 0)) AS output_tokens,
    SUM(cost_usd) AS cost_usd,
    SUM(unpriced_tokens) AS unpriced_tokens
FROM silver.priced_execution
GROUP BY 1, 2, 3, 4, 5
