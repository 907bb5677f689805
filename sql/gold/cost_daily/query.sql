SELECT
    CAST(date_trunc('day', occurred_at) AS DATE) AS day,
    environment,
    team,
    feature,
    template_id,
    template_version,
    variant,
    provider,
    model,
    COUNT(*) AS executions,
    SUM(COALESCE(uncached_input_tokens, 0)) AS uncached_input_tokens,
    SUM(COALESCE(cache_read_tokens, 0)) AS cache_read_tokens,
    SUM(COALESCE(cache_write_5m_tokens, 0)) AS cache_write_5m_tokens,
    SUM(COALESCE(cache_write_1h_tokens, 0)) AS cache_write_1h_tokens,
    SUM(COALESCE(output_tokens, 0)) AS output_tokens,
    SUM(COALESCE(reasoning_tokens, 0)) AS reasoning_tokens,
    SUM(cost_usd) AS cost_usd,
    SUM(unpriced_tokens) AS unpriced_tokens,
    COUNT_IF(NOT is_priced) AS unpriced_executions,
    COUNT_IF(is_priced AND status = 'ok') AS priced_successes,
    SUM(reported_cost_usd) AS reported_cost_usd
FROM silver.priced_execution
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
