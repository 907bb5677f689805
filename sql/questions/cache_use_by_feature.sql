-- How much of the input comes from the cache, and where could more?
SELECT
    environment,
    feature,
    model,
    SUM(cache_read_tokens) AS cache_read_tokens,
    SUM(uncached_input_tokens) AS uncached_input_tokens,
    CAST(SUM(cache_read_tokens) AS DOUBLE) / NULLIF(
        SUM(uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens), 0
    ) AS cache_hit_rate
FROM gold.cost_daily
GROUP BY environment, feature, model
ORDER BY environment, uncached_input_tokens DESC, feature, model
